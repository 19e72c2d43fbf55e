import type { IncomingHttpHeaders } from "node:http";

/** An HTTP request, received whole; HTTP/1.1 and HTTP/2 alike. */
export interface IncomingRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A request that the gateway answers with an error because it cannot read it. */
export class UnreadableRequestError extends Error {
  /** @param code AWS's name for the error */
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
