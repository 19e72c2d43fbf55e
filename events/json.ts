/** The value that bytes hold as JSON, or why they hold none. */
export type JsonResult =
  | { ok: true; value: unknown }
  | { ok: false; reason: "invalid-utf8" | "invalid-json"; detail: string };

/** Decodes UTF-8 JSON. Never throws. The detail reveals nothing of the content, so it may be logged. */
export function decodeJson(bytes: Uint8Array): JsonResult {
  const size = bytes.byteLength;
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    return { ok: false, reason: "invalid-utf8", detail: `the ${size} bytes are not UTF-8` };
  }
  const value = parseJson(text);
  return value === undefined
    ? { ok: false, reason: "invalid-json", detail: `the ${size} bytes are not JSON` }
    : { ok: true, value };
}

/**
 * Parses JSON. Returns `undefined`, which JSON cannot express, for text that is not JSON. Never throws: the parser's
 * own message would quote the text.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Throws for bytes that are not UTF-8; skips a byte order mark, which JSON parsers may ignore (RFC 8259, 8.1). */
const UTF8 = new TextDecoder("utf-8", { fatal: true });
