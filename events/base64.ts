import * as v from "valibot";

/** Bytes as Base64. valibot's own `base64()` overflows the stack on a record of 1 MB. */
export const Base64 = v.pipe(v.string(), v.check(isBase64, "must be Base64"));

function isBase64(value: string): boolean {
  return value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
}
