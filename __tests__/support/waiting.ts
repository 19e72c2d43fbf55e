import type { Waiting } from "../../shared/backoff";

/** Time that passes only by waiting: the signal is aborted after so many waits, which take no time. */
export function timeForAttempts(attempts: number) {
  const timeUp = new AbortController();
  const slept: number[] = [];
  const waiting: Waiting = {
    random: () => 1,
    clock: {
      now: Date.now,
      sleep: async (ms) => {
        if (slept.push(ms) >= attempts) timeUp.abort();
      },
    },
  };
  return { signal: timeUp.signal, slept, waiting };
}
