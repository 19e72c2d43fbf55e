import { createHash, timingSafeEqual } from "node:crypto";
import { HttpRequest } from "@smithy/core/protocols";
import { Hash } from "@smithy/core/serde";
import {
  ALGORITHM_IDENTIFIER,
  createScope,
  getCanonicalHeaders,
  SHA256_HEADER,
  SignatureV4,
  UNSIGNED_PAYLOAD,
} from "@smithy/signature-v4";
import { verifyChunks } from "./chunked-upload";
import { type IncomingRequest, UnreadableRequestError } from "./incoming-request";
import { hostOf } from "./s3-request";
import { type Credential, readSignature, type Signature } from "./signature";

/**
 * Checks that a request was signed with the secret, a quarter of an hour ago at most, and that its body is the one that
 * was signed.
 * @param nowMs since the epoch
 * @throws UnreadableRequestError as the service answers it
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function verifySignature(
  request: IncomingRequest,
  credential: Credential,
  secretAccessKey: string,
  nowMs: number,
): Promise<void> {
  const signature = readSignature(request);
  assertTimely(signature, credential, nowMs);

  const payload = signedPayload(request, credential);
  const signer = new Signer(credential, secretAccessKey, signature.date);
  if (!equal(await signer.signatureOf(request, signature, payload), signature.value))
    throw invalid(credential, "SignatureDoesNotMatch", MISMATCH);
  if (payload.startsWith(SIGNED_CHUNKS))
    await verifyChunks(request.body, signature.value, (kind, text) => signer.signatureOfChunk(kind, text));
}

/** How far the clock of a caller may be from this machine's. */
const LARGEST_SKEW_MS = 15 * 60_000;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html */
const SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

const MISMATCH =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

function assertTimely({ date, validMs }: Signature, credential: Credential, nowMs: number): void {
  const ageMs = nowMs - timeOf(date).getTime();
  if (validMs !== undefined && !(ageMs <= validMs))
    throw invalid(credential, "AccessDenied", `Request has expired: it was signed at ${date}.`);
  if (ageMs < -LARGEST_SKEW_MS || (validMs === undefined && ageMs > LARGEST_SKEW_MS))
    throw invalid(
      credential,
      "RequestTimeTooSkewed",
      `Signature expired: it was signed at ${date}, more than 15 minutes from the current time.`,
    );
}

/** The hash of the body that the signature covers, or what it has in place of one. */
function signedPayload({ url, headers, body }: IncomingRequest, credential: Credential): string {
  const named = headers[SHA256_HEADER] ?? new URLSearchParams(url.split("?")[1]).get("X-Amz-Content-Sha256");
  if (typeof named !== "string") {
    const isPresigned = headers.authorization === undefined;
    return credential.service === "s3" && isPresigned ? UNSIGNED_PAYLOAD : sha256(body);
  }
  if (named === UNSIGNED_PAYLOAD || named.startsWith("STREAMING-") || equal(named, sha256(body)))
    return named;
  throw invalid(
    credential,
    "XAmzContentSHA256Mismatch",
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  );
}

/** The library's signer, which computes here what a signature should have been. It caches the keys it derives. */
class Signer extends SignatureV4 {
  readonly #date: string;
  readonly #scope: string;

  constructor({ accessKeyId, day, region, service }: Credential, secretAccessKey: string, date: string) {
    super({
      region,
      service,
      credentials: { accessKeyId, secretAccessKey },
      sha256: Hash.bind(null, "sha256"),
      uriEscapePath: service !== "s3",
    });
    this.#date = date;
    this.#scope = createScope(day, region, service);
  }

  async signatureOf(
    request: IncomingRequest,
    { signedHeaders }: Signature,
    payload: string,
  ): Promise<string> {
    const [path = "/", query] = request.url.split("?");
    const headers = new Map(Object.entries({ ...request.headers, host: hostOf(request) }));
    const signed = new HttpRequest({
      method: request.method,
      path,
      query: queryOf(query),
      headers: Object.fromEntries(signedHeaders.map((name) => [name, String(headers.get(name) ?? "")])),
    });
    const canonicalHeaders = getCanonicalHeaders(signed, undefined, new Set(signedHeaders));
    const canonical = this.createCanonicalRequest(signed, canonicalHeaders, payload);
    return this.#sign(
      await this.createStringToSign(this.#date, this.#scope, canonical, ALGORITHM_IDENTIFIER),
    );
  }

  signatureOfChunk(kind: string, text: string): Promise<string> {
    return this.#sign(`${ALGORITHM_IDENTIFIER}-${kind}\n${this.#date}\n${this.#scope}\n${text}`);
  }

  #sign(text: string): Promise<string> {
    return this.sign(text, { signingDate: timeOf(this.#date) });
  }
}

function queryOf(query: string | undefined): Record<string, string[]> {
  const parameters = new URLSearchParams(query);
  return Object.fromEntries([...parameters.keys()].map((name) => [name, parameters.getAll(name)]));
}

/** @param date as `YYYYMMDDTHHMMSSZ` */
function timeOf(date: string): Date {
  return new Date(date.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z"));
}

function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Compares in a time that says nothing about where they differ. */
function equal(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

/** S3 has a code for each reason, Kinesis and DynamoDB have one for all. */
function invalid({ service }: Credential, s3Code: string, message: string): UnreadableRequestError {
  return service === "s3"
    ? new UnreadableRequestError(s3Code, message, 403)
    : new UnreadableRequestError("InvalidSignatureException", message);
}
