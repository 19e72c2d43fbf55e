/** How this program identifies itself to the services it reads from. */
export const USER_AGENT = "real-time-stream-processing/1.0";

/** What a server's answer says to a client that wants to connect. */
export interface HttpAnswer {
  status: number;
  /** When requests are allowed again, in milliseconds since the epoch, if a limit was reached. */
  allowedAgainAt?: number | undefined;
}

/** A connection that could not be opened, or broke: another one may work. Its message says why. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";

  /** @param answer what the server answered instead of accepting the connection */
  constructor(
    message: string,
    readonly answer?: HttpAnswer,
  ) {
    super(message);
  }
}

/**
 * Reads the header Retry-After, which is in seconds or a date.
 * @returns when requests are allowed again, in milliseconds since the epoch; undefined if the header says nothing
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfter(header: string | null | undefined, now: number): number | undefined {
  const time = /^\d+$/.test(header ?? "") ? now + Number(header) * 1000 : Date.parse(header ?? "");
  return Number.isNaN(time) ? undefined : time;
}

/**
 * The reason for a network error, in words. Some errors have only a code, others wrap the one with the reason, and for a
 * connection that the server broke, Node.js says only "aborted".
 */
export function networkReason(error: unknown): string {
  const { message, code, cause } = error as { message?: string; code?: string; cause?: unknown };
  if (cause !== undefined) return networkReason(cause);
  return code === "ECONNRESET" ? "the connection was broken" : message || code || String(error);
}
