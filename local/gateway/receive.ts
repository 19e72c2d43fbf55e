import { serviceOf } from "./aws-request";
import type { Service } from "./emulators";
import type { HttpRequest } from "./http-server";
import { type IncomingRequest, type RequestHead, UnreadableRequestError } from "./incoming-request";

const MIB = 2 ** 20;

/** The largest body that each service takes, in bytes: no more than its emulator does. */
const LARGEST_BODY: Record<Service, number> = { kinesis: 7 * MIB, dynamodb: 16 * MIB, s3: 11 * MIB };

/** The start of a request. */
export function headOf({ method = "GET", url = "/", headers }: HttpRequest): RequestHead {
  return { method, url, headers };
}

/**
 * Receives a request whole. Of one that is too large, no more is kept than its service takes.
 * @throws UnreadableRequestError if it is too large
 */
export async function receive(request: HttpRequest): Promise<IncomingRequest> {
  const head = headOf(request);
  const service = serviceOf(head);
  assertSize(service, Number(head.headers["content-length"] ?? 0));
  const chunks: Buffer[] = [];
  let size = 0;
  // The connection is still needed for the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    size += chunk.length;
    assertSize(service, size);
  }
  return { ...head, body: Buffer.concat(chunks) };
}

/** @throws UnreadableRequestError as the service answers to a body that is too large */
export function assertSize(service: Service | undefined, bytes: number): void {
  const largest = LARGEST_BODY[service ?? "kinesis"];
  if (bytes <= largest) return;
  const message = `Your request has a body of more than ${largest / MIB} MiB, the maximum allowed size.`;
  throw service === "s3"
    ? new UnreadableRequestError("EntityTooLarge", message)
    : new UnreadableRequestError("RequestEntityTooLargeException", message, 413);
}
