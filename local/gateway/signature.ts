import { ALGORITHM_IDENTIFIER } from "@smithy/signature-v4";
import { type RequestHead, UnreadableRequestError } from "./incoming-request";

/** The signature that a request carries, in the `Authorization` header or, presigned, in the query. */
export interface Signature {
  /** Lower case. */
  signedHeaders: string[];
  /** When the request was signed, as `YYYYMMDDTHHMMSSZ`. */
  date: string;
  /** In hexadecimal digits. */
  value: string;
  /** How long it is valid, where it is presigned. */
  validMs: number | undefined;
}

/** `<access key>/<date>/<region>/<service>/aws4_request`, with which a request says whose key signed it, and for what. */
export interface Credential {
  accessKeyId: string;
  /** As `YYYYMMDD`. */
  day: string;
  region: string;
  service: string;
}

/** Reads the credential of a request's signature; undefined if it is not signed. */
export function readCredential(head: RequestHead): Credential | undefined {
  const [accessKeyId = "", day = "", region = "", service = ""] =
    fieldsOf(head).get("Credential")?.split("/") ?? [];
  return accessKeyId === "" ? undefined : { accessKeyId, day, region, service };
}

/**
 * Reads a request's signature.
 * @throws UnreadableRequestError if a part of it is missing
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
 */
export function readSignature(head: RequestHead): Signature {
  const fields = fieldsOf(head);
  const date = fields.get("Date") ?? String(head.headers["x-amz-date"]);
  const expires = fields.get("Expires");
  const signature = {
    signedHeaders: (fields.get("SignedHeaders") ?? "").toLowerCase().split(";"),
    date,
    value: fields.get("Signature") ?? "",
    validMs: expires === undefined ? undefined : Number(expires) * 1000,
  };
  const hasDate = /^\d{8}T\d{6}Z$/.test(date) && date.startsWith(`${readCredential(head)?.day}T`);
  // Over HTTP/2, some SDKs sign the pseudo-header instead.
  const hasHost = signature.signedHeaders.some((name) => name === "host" || name === ":authority");
  if (hasDate && hasHost && /^[0-9a-f]{64}$/.test(signature.value)) return signature;
  throw new UnreadableRequestError(
    "IncompleteSignatureException",
    "The signature needs Credential, SignedHeaders with host, Signature, and the date that the credential names, in X-Amz-Date.",
  );
}

/** The parts of a signature by their names; none if it is not of AWS's version 4. */
function fieldsOf({ url, headers }: RequestHead): Map<string, string> {
  const [algorithm, ...parts] = (headers.authorization ?? "").split(/[\s,]+/);
  if (algorithm === ALGORITHM_IDENTIFIER) return new Map(parts.map((part) => splitAtFirst(part, "=")));

  const query = new URLSearchParams(url.split("?")[1]);
  if (query.get("X-Amz-Algorithm") !== ALGORITHM_IDENTIFIER) return new Map();
  return new Map([...query].map(([name, value]) => [name.replace(/^X-Amz-/, ""), value]));
}

function splitAtFirst(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
