import { Readable } from "node:stream";
import { NodeHttpHandler } from "@smithy/node-http-handler";

type Handle = NodeHttpHandler["handle"];

/**
 * Sends the body of a request in pieces, each when the one before it has left. Over TLS, Node.js notices no progress
 * within what it was given at once: a large body on a slow uplink would count as silence, and time out.
 */
export class PiecewiseHandler extends NodeHttpHandler {
  override handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const { body } = request;
    if (!ArrayBuffer.isView(body)) return super.handle(request, options);
    return super.handle({ ...request, body: Readable.from(pieces(body)) } as typeof request, options);
  }
}

function* pieces({ buffer, byteOffset, byteLength }: ArrayBufferView): Generator<Buffer> {
  for (let start = 0; start < byteLength; start += PIECE_BYTES)
    yield Buffer.from(buffer, byteOffset + start, Math.min(PIECE_BYTES, byteLength - start));
}

const PIECE_BYTES = 256 * 1024;
