const BASE_MS = 50;
const LIMIT_MS = 5000;

/**
 * How long to wait before the next attempt, in milliseconds: exponential backoff with full jitter, so that
 * callers that were throttled together do not come back together.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @param attempt how many attempts have failed, from 1
 * @param random a number from 0 to just under 1
 */
export function backoffMs(attempt: number, random: number): number {
  return random * Math.min(LIMIT_MS, BASE_MS * 2 ** (attempt - 1));
}
