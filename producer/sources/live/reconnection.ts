import { type BackoffSchedule, backoffMs } from "../../../shared/backoff";
import type { Random } from "../../../shared/random";
import type { ConnectionLost } from "./connection-lost";

/** What a policy knows about a lost connection. */
export interface ConnectionLoss {
  /** Why there is no connection. */
  error: ConnectionLost;
  /** How long the connection was open, in milliseconds; undefined if it never was. */
  livedMs: number | undefined;
  /** How long after its opening the last item arrived, in milliseconds; undefined if none did. */
  lastItemMs: number | undefined;
  deliveredPost: boolean;
}

/** Decides when to connect again. It lives as long as its stream, so it can count failures. */
export interface ReconnectionPolicy {
  /**
   * How long to wait before the next connection, in milliseconds.
   * @param nowMs milliseconds since the epoch
   */
  delayMs(loss: ConnectionLoss, nowMs: number): number;
}

const SCHEDULE: BackoffSchedule = { firstMs: 1_000, longestMs: 30_000 };

/**
 * A connection is good if it still delivers something after this time. A server that accepts connections only to drop
 * them is therefore tried less and less often.
 */
const GOOD_AFTER_MS = 10_000;

/**
 * For services that document no schedule of their own: full-jitter backoff, which a good connection resets, but not
 * before the time that the server names.
 */
export class BackoffReconnection implements ReconnectionPolicy {
  #failures = 0;

  constructor(readonly random: Random = Math.random) {}

  delayMs({ error, lastItemMs = 0 }: ConnectionLoss, nowMs: number): number {
    this.#failures = lastItemMs >= GOOD_AFTER_MS ? 1 : this.#failures + 1;
    const { allowedAgainAt = nowMs } = error.answer ?? {};
    return Math.max(backoffMs(this.#failures, this.random, SCHEDULE), allowedAgainAt - nowMs);
  }
}
