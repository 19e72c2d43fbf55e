import { setTimeout } from "node:timers/promises";

/**
 * Time, injected so that tests need not wait for it. Everything that waits or reads the time takes a clock; only how
 * long something took is measured with `performance.now()`, since the time of day can be set back.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => {}),
};
