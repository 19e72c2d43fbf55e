import type { IncomingHttpHeaders } from "node:http";

/** What an HTTP request begins with; HTTP/1.1 and HTTP/2 alike. */
export interface RequestHead {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
}

/** An HTTP request, received whole. */
export interface IncomingRequest extends RequestHead {
  body: Buffer;
}

/** A request that the gateway answers with an error because it cannot be read, or is not what it seems to be. */
export class UnreadableRequestError extends Error {
  /**
   * @param code AWS's name for the error
   * @param status HTTP's
   */
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}
