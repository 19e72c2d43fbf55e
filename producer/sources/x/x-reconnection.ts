import { exponentialMs } from "../../../shared/backoff";
import type { ConnectionLoss, ReconnectionPolicy } from "../live/reconnection";

/** A connection that ends sooner, and without a post, has failed. Two keep-alives are at most 20 seconds apart. */
const SHORT_LIFE_MS = 30_000;
/** The shortest time between the starts of two connections. */
const MIN_BETWEEN_MS = 1_000;

const NETWORK_STEP_MS = 250;
const NETWORK_LONGEST_MS = 16_000;
const HTTP_SCHEDULE = { firstMs: 5_000, longestMs: 320_000 };
/** X counts the requests of 15 minutes, so none of them counts any longer after the longest wait. */
const RATE_LIMIT_SCHEDULE = { firstMs: 60_000, longestMs: 16 * 60_000 };
/** X's clock and ours may differ. */
const RATE_LIMIT_MARGIN_MS = 1_000;

/**
 * X's rules. After a good connection, connect again at once. After network errors the wait grows linearly, and after
 * HTTP errors exponentially. After an exceeded rate limit it lasts until the reset that X states, or
 * grows exponentially if X states none.
 *
 * A connection that X accepts and soon closes is not a good one, whatever its status: it would be tried again at once,
 * forever. It counts as an HTTP error.
 * @see https://docs.x.com/x-api/fundamentals/handling-disconnections
 */
export class XReconnection implements ReconnectionPolicy {
  /** How often in a row each kind of failure has happened. */
  #failures = { network: 0, http: 0, rateLimit: 0 };

  delayMs({ error: { answer }, livedMs, deliveredPost }: ConnectionLoss, nowMs: number): number {
    if (livedMs !== undefined && (deliveredPost || livedMs >= SHORT_LIFE_MS)) {
      this.#failures = { network: 0, http: 0, rateLimit: 0 };
      return Math.max(0, MIN_BETWEEN_MS - livedMs);
    }
    if (livedMs === undefined && answer === undefined)
      return Math.min(NETWORK_LONGEST_MS, NETWORK_STEP_MS * ++this.#failures.network);
    if (answer?.status === 429 || answer?.status === 420)
      return this.#rateLimitDelayMs(nowMs, answer.allowedAgainAt);
    return exponentialMs(++this.#failures.http, HTTP_SCHEDULE);
  }

  #rateLimitDelayMs(nowMs: number, allowedAgainAt = 0): number {
    const delayMs = exponentialMs(++this.#failures.rateLimit, RATE_LIMIT_SCHEDULE);
    const statedMs = allowedAgainAt - nowMs;
    if (statedMs <= 0) return delayMs;
    return Math.min(RATE_LIMIT_SCHEDULE.longestMs, statedMs + RATE_LIMIT_MARGIN_MS);
  }
}
