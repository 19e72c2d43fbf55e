import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";

/**
 * Decompresses a stream if its first two bytes say that it is gzip.
 * @see https://www.rfc-editor.org/rfc/rfc1952#page-6
 * @param expected whether the input has to be gzip, because its name ends with `.gz`
 * @throws zlib's error if the gzip data is broken, or if the input has to be gzip and is not
 */
export async function* gunzipped(input: Readable, expected: boolean): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = input[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < 2) {
    const next = await chunks.next();
    if (next.done) break;
    head.push(next.value);
    bytes += next.value.byteLength;
  }

  const [first, second] = Buffer.concat(head);
  const whole = concatenated(head, chunks);
  if (!expected && !(first === 0x1f && second === 0x8b)) {
    yield* whole;
    return;
  }
  const gunzip = createGunzip();
  // An error in either stream destroys the other, and the loop over `gunzip` throws it.
  pipeline(Readable.from(whole, { objectMode: false }), gunzip, () => {});
  yield* gunzip;
}

async function* concatenated(
  head: Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
