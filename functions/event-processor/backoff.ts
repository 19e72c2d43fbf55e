import { setTimeout as delay } from "node:timers/promises";

const BASE_MS = 50;
const CAP_MS = 5_000;

/** What waiting depends on: chance and time. */
export interface Waiting {
  /** From 0 up to, not including, 1. */
  random: () => number;
  /** Resolves after so many ms, or as soon as the signal is aborted; never rejects. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const realWaiting: Waiting = {
  random: Math.random,
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
};

/**
 * Waits before a request is sent again: exponential backoff with full jitter, up to 5 s.
 * @param attempt how often the request has been sent, from 1
 * @param signal ends the wait early
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backOff(
  attempt: number,
  signal: AbortSignal,
  { random, sleep } = realWaiting,
): Promise<void> {
  return sleep(random() * Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1)), signal);
}
