/**
 * A post as a broken client puts it on the stream: its JSON in Latin-1 instead of UTF-8. The function must reject it,
 * and an operator can correct it.
 * @param number tells the posts apart, from 0
 */
export function latin1Post(number: number): Buffer {
  return Buffer.from(JSON.stringify({ ...POST, id: String(number) }), "latin1");
}

/** Whether these are the very bytes of one of the client's posts. */
export function isLatin1Post(data: Uint8Array): boolean {
  const bytes = Buffer.from(data);
  const [, id] = /"id":"(\d{1,15})"/.exec(bytes.toString("latin1")) ?? [];
  return id !== undefined && latin1Post(Number(id)).equals(bytes);
}

/** The same post in UTF-8. */
export function corrected(data: Uint8Array): Buffer {
  return Buffer.from(Buffer.from(data).toString("latin1"));
}

const POST = {
  id: "",
  username: "latin-1-client",
  name: "Zoë Müller",
  text: "Déjà vu: ces octets ne sont pas de l'UTF-8 ¿o sí?",
  createdAt: "2026-11-23T12:00:00Z",
  source: "latin-1-client",
};
