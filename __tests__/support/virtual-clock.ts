import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../shared/clock";

interface Timer {
  time: number;
  ring(): void;
}

/**
 * Time that passes only when a test says so: moment by moment with `advance`, or, after `run`, from timer to timer,
 * as soon as nothing else is left to do.
 */
export class VirtualClock implements Clock {
  #time: number;
  /** Every sleep so far, in milliseconds. */
  readonly slept: number[] = [];
  readonly #timers = new Set<Timer>();
  #isRunning = false;

  /** @param time milliseconds since the epoch */
  constructor(time = Date.UTC(2026, 10, 23)) {
    this.#time = time;
  }

  now(): number {
    return this.#time;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    this.slept.push(milliseconds);
    return new Promise((resolve) => {
      const timer = {
        time: this.#time + milliseconds,
        ring: () => {
          this.#timers.delete(timer);
          signal.removeEventListener("abort", timer.ring);
          resolve();
        },
      };
      if (signal.aborted) return resolve();
      signal.addEventListener("abort", timer.ring, { once: true });
      this.#timers.add(timer);
    });
  }

  /** Lets so many milliseconds pass, every timer ringing at its time, and everything happen that follows. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#time + milliseconds;
    await setImmediate();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#ring(next);
      await setImmediate();
    }
    this.#time = end;
  }

  /** Resolves when so many milliseconds have passed on their own. */
  passed(milliseconds: number): Promise<void> {
    return this.sleep(milliseconds, new AbortController().signal);
  }

  /** Lets time pass on its own until `stop` is called. */
  run(): void {
    this.#isRunning = true;
    void this.#passTime();
  }

  stop(): void {
    this.#isRunning = false;
  }

  async #passTime(): Promise<void> {
    while (this.#isRunning) {
      await setImmediate();
      const next = this.#next(Number.POSITIVE_INFINITY);
      if (next) this.#ring(next);
    }
  }

  #ring(timer: Timer): void {
    this.#time = Math.max(this.#time, timer.time);
    timer.ring();
  }

  /** The earliest timer that is due by then. */
  #next(end: number): Timer | undefined {
    const due = [...this.#timers].filter(({ time }) => time <= end);
    return due.sort((a, b) => a.time - b.time)[0];
  }
}
