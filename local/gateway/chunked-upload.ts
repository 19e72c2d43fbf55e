import { createHash } from "node:crypto";
import { UnreadableRequestError } from "./incoming-request";

/** A body that is sent in chunks, taken apart. */
export interface ChunkedBody {
  /** The last one is empty. */
  chunks: { data: Buffer; signature: string | undefined }[];
  trailer: string;
}

/**
 * Takes a body apart that an SDK has framed in chunks (`Content-Encoding: aws-chunked`).
 * @throws UnreadableRequestError if it ends before its last chunk, or is not framed
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export function readChunks(body: Buffer): ChunkedBody {
  const chunks: ChunkedBody["chunks"] = [];
  let at = 0;
  for (;;) {
    const { line, end } = lineAt(body, at);
    const [, digits, signature] = /^([0-9a-f]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(line) ?? [];
    if (digits === undefined) throw incompleteBody();
    const size = Number.parseInt(digits, 16);
    chunks.push({ data: body.subarray(end, end + size), signature });
    // The trailer takes the place of the last chunk's end.
    if (size === 0) return { chunks, trailer: body.toString("latin1", end) };
    at = lineAt(body, end + size).end;
  }
}

/**
 * Checks the signatures of a body that is signed chunk by chunk: each chunk's signature covers the one before, and that
 * of the trailer the last one.
 * @param seed the signature of the request's head
 * @param sign signs a text of the kind PAYLOAD or TRAILER, which begins with the signature before it
 * @throws UnreadableRequestError if a signature does not match, or if the body ends too early
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function verifyChunks(
  body: Buffer,
  seed: string,
  sign: (kind: "PAYLOAD" | "TRAILER", text: string) => Promise<string>,
): Promise<void> {
  const { chunks, trailer } = readChunks(body);
  let previous = seed;
  for (const { data, signature } of chunks) {
    previous = await sign("PAYLOAD", `${previous}\n${sha256("")}\n${sha256(data)}`);
    if (previous !== signature) throw wrongSignature();
  }
  const [, fields = "", signature] =
    /^(.+)\r\nx-amz-trailer-signature:([0-9a-f]{64})\r\n/s.exec(trailer) ?? [];
  if (signature === undefined) return;
  const text = `${previous}\n${sha256(`${fields.replaceAll("\r\n", "\n")}\n`)}`;
  if ((await sign("TRAILER", text)) !== signature) throw wrongSignature();
}

/** The line that begins here, and where the next one does. */
function lineAt(body: Buffer, start: number): { line: string; end: number } {
  const at = body.indexOf("\r\n", start);
  if (at === -1) throw incompleteBody();
  return { line: body.toString("latin1", start, at), end: at + 2 };
}

function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

function incompleteBody(): UnreadableRequestError {
  return new UnreadableRequestError("IncompleteBody", "The body ends before its last chunk.");
}

function wrongSignature(): UnreadableRequestError {
  return new UnreadableRequestError(
    "SignatureDoesNotMatch",
    "The signature of a chunk does not match the one that was computed.",
    403,
  );
}
