import { type Clock, systemClock } from "./clock";
import type { Random } from "./random";

/** What waiting depends on: time and chance, injected so that tests decide both. */
export interface Waiting {
  clock: Clock;
  random: Random;
}

/** Waits in real time, and at random. */
export const systemWaiting: Waiting = { clock: systemClock, random: Math.random };

/** How delays grow: the first is `firstMs`, each later one twice as long, up to `longestMs`; in milliseconds. */
export interface BackoffSchedule {
  firstMs: number;
  longestMs: number;
}

/**
 * Waits before a request is sent again; see `backoffMs`.
 * @param attempt how many attempts have failed, from 1
 * @param signal ends the wait early
 */
export function backOff(
  attempt: number,
  signal: AbortSignal,
  { clock, random }: Waiting = systemWaiting,
): Promise<void> {
  return clock.sleep(backoffMs(attempt, random), signal);
}

/**
 * How long to wait before the next attempt, in milliseconds: exponential backoff with full jitter, so that callers
 * that were throttled together do not come back together.
 * @param attempt how many attempts have failed, from 1
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(attempt: number, random: Random, schedule: BackoffSchedule = AWS_CALLS): number {
  return random() * exponentialMs(attempt, schedule);
}

/**
 * A delay without jitter, in milliseconds, for services that document their own schedule.
 * @param attempt how many attempts have failed, from 1
 */
export function exponentialMs(attempt: number, { firstMs, longestMs }: BackoffSchedule): number {
  return Math.min(longestMs, firstMs * 2 ** (attempt - 1));
}

/** For calls to AWS: long enough to let a throttled service recover, short enough to use the time there is. */
const AWS_CALLS: BackoffSchedule = { firstMs: 50, longestMs: 5_000 };
