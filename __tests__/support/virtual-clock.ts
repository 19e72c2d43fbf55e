import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../shared/clock";

interface Timer {
  timeMs: number;
  ring(): void;
}

/**
 * Time that passes only when a test says so: step by step with `advance`, or, after `run`, from timer to timer as soon
 * as nothing else remains to be done.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  /** Every sleep so far, in milliseconds. */
  readonly slept: number[] = [];
  readonly #timers = new Set<Timer>();
  #isRunning = false;

  /** @param nowMs since the epoch */
  constructor(nowMs = Date.UTC(2026, 10, 23)) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.slept.push(ms);
    return new Promise((resolve) => {
      const timer = {
        timeMs: this.#nowMs + ms,
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

  /** Lets this much time pass: every timer rings at its time, and everything that follows happens. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await setImmediate();
    for (let next = this.#next(endMs); next; next = this.#next(endMs)) {
      this.#ring(next);
      await setImmediate();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  /** Resolves when this much time has passed on its own, after `run`. */
  passed(ms: number): Promise<void> {
    return this.sleep(ms, new AbortController().signal);
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
    this.#nowMs = Math.max(this.#nowMs, timer.timeMs);
    timer.ring();
  }

  /** The earliest timer that is due by a time. */
  #next(endMs: number): Timer | undefined {
    const due = [...this.#timers].filter(({ timeMs }) => timeMs <= endMs);
    return due.sort((a, b) => a.timeMs - b.timeMs)[0];
  }
}
