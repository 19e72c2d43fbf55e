import { type Clock, systemClock } from "../shared/clock";

/**
 * Passes items on at a steady rate, and ends when the signal is aborted. An item is read only when it is due, so that
 * the time it carries is fresh.
 * @param rate items per second
 * @param counts whether an item counts towards the rate; one that does not is passed on without a wait of its own
 */
export async function* pace<T>(
  items: AsyncIterable<T>,
  rate: number,
  counts: (item: T) => boolean,
  signal: AbortSignal,
  clock: Clock = systemClock,
): AsyncGenerator<T> {
  const intervalMs = 1000 / rate;
  let due = clock.now();
  const iterator = items[Symbol.asyncIterator]();
  try {
    while (!signal.aborted) {
      due = await waitUntil(Math.max(due, clock.now() - CATCH_UP_MS), intervalMs, signal, clock);
      if (signal.aborted) return;

      const item = await iterator.next();
      if (item.done) return;
      yield item.value;
      if (counts(item.value)) due += intervalMs;
    }
  } finally {
    await iterator.return?.();
  }
}

/** How much of a delay may be made up for in one burst. */
const CATCH_UP_MS = 1000;

/**
 * Waits until an item is due. The clock may be set back at any time, even while this waits: an item is then due after
 * one interval at the latest.
 * @returns when the item was due, in epoch milliseconds
 */
async function waitUntil(
  scheduled: number,
  intervalMs: number,
  signal: AbortSignal,
  clock: Clock,
): Promise<number> {
  let due = scheduled;
  while (!signal.aborted) {
    const now = clock.now();
    due = Math.min(due, now + intervalMs);
    if (due <= now) break;
    await clock.sleep(due - now, signal);
  }
  return due;
}
