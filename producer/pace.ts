import { setTimeout as sleep } from "node:timers/promises";

/** The clock that paces; both in milliseconds. */
export interface PaceClock {
  now: () => number;
  wait: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

const systemClock: PaceClock = {
  now: () => performance.now(),
  wait: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** How far behind its schedule a slow run may catch up in one burst, in milliseconds. */
const CATCH_UP_MS = 1000;

/**
 * Passes items on at a steady rate, and ends when the signal is aborted. An item is asked for only when its time has
 * come, so that what carries the time of its making is not stale.
 * @param rate items per second
 * @param counts whether an item is one of those; what is left out by the source takes no time
 */
export async function* pace<T>(
  items: AsyncIterable<T>,
  rate: number,
  signal: AbortSignal,
  clock: PaceClock = systemClock,
  counts: (item: T) => boolean = () => true,
): AsyncGenerator<T> {
  let next = clock.now();
  const iterator = items[Symbol.asyncIterator]();
  try {
    while (!signal.aborted) {
      next = Math.max(next, clock.now() - CATCH_UP_MS);
      const early = next - clock.now();
      if (early > 0) await clock.wait(early, signal).catch(() => {});
      if (signal.aborted) return;

      const item = await iterator.next();
      if (item.done) return;
      yield item.value;
      if (counts(item.value)) next += 1000 / rate;
    }
  } finally {
    await iterator.return?.();
  }
}
