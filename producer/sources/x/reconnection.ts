/** Why there is no connection, as far as it decides when the next one is tried. */
export type Disconnection =
  /** There was one, and it has ended. */
  | { kind: "dropped"; livedMs: number; deliveredPost: boolean }
  /** It could not be made. */
  | { kind: "unreachable" }
  /** X answered with an HTTP status; `allowedAgainAt` is in milliseconds since the epoch. */
  | { kind: "refused"; status: number; allowedAgainAt?: number | undefined };

/** A connection that ends sooner, and without a post, has failed. It is longer than two keep-alives are apart. */
const SHORT_LIFE_MS = 30_000;
/** The least time between the beginnings of two connections. */
const MIN_BETWEEN_MS = 1_000;

const NETWORK_STEP_MS = 250;
const NETWORK_LIMIT_MS = 16_000;
const HTTP_BASE_MS = 5_000;
const HTTP_LIMIT_MS = 320_000;
const RATE_LIMIT_BASE_MS = 60_000;
/** X counts requests over 15 minutes, after which none of them weighs any more. */
const RATE_LIMIT_LIMIT_MS = 16 * 60_000;
/** X's clock and ours may differ. */
const RATE_LIMIT_MARGIN_MS = 1_000;

/**
 * When to connect again, by X's rules: at once after a connection that was good; and while no connection is, later and
 * later, network errors linearly, HTTP errors exponentially, and exceeded rate limits until they are over.
 *
 * A connection that X accepts and closes again is no success, whatever its status says: as one, it would be tried
 * again at once, for ever. It counts as an HTTP error.
 * @see https://docs.x.com/x-api/fundamentals/handling-disconnections
 */
export class Reconnection {
  /** How often in a row each kind of failure has happened. */
  #failures = { network: 0, http: 0, rateLimit: 0 };

  /**
   * How long to wait before the next attempt, in milliseconds.
   * @param now milliseconds since the epoch
   */
  delayMs(disconnection: Disconnection, now: number): number {
    const { kind } = disconnection;
    if (kind === "dropped" && (disconnection.deliveredPost || disconnection.livedMs >= SHORT_LIFE_MS)) {
      this.#failures = { network: 0, http: 0, rateLimit: 0 };
      return Math.max(0, MIN_BETWEEN_MS - disconnection.livedMs);
    }
    if (kind === "unreachable") return Math.min(NETWORK_LIMIT_MS, NETWORK_STEP_MS * ++this.#failures.network);
    if (kind === "refused" && (disconnection.status === 429 || disconnection.status === 420))
      return this.#rateLimitDelayMs(disconnection.allowedAgainAt, now);
    return Math.min(HTTP_LIMIT_MS, HTTP_BASE_MS * 2 ** this.#failures.http++);
  }

  #rateLimitDelayMs(allowedAgainAt: number | undefined, now: number): number {
    const delay = RATE_LIMIT_BASE_MS * 2 ** this.#failures.rateLimit++;
    const stated = (allowedAgainAt ?? 0) - now;
    return Math.min(RATE_LIMIT_LIMIT_MS, stated > 0 ? stated + RATE_LIMIT_MARGIN_MS : delay);
  }
}
