import type { Clock } from "../../producer/sources/clock";
import { until } from "./moment";

interface Sleeper {
  ms: number;
  due: number;
  wake(): void;
}

/** Time that passes only when a test says so. */
export class ManualClock implements Clock {
  #now = Date.parse("2026-11-23T08:00:00Z");
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { ms, due: this.#now + ms, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.#now += ms;
    for (const { due, wake } of this.#sleepers) if (due <= this.#now) wake();
  }

  /**
   * Waits until somebody sleeps for another time than these, in milliseconds, and lets that time pass.
   * @returns how long it was
   */
  async passNextSleep(besides: readonly number[] = []): Promise<number> {
    const next = () => [...this.#sleepers].find(({ ms }) => !besides.includes(ms));
    await until(() => next() !== undefined);
    const { ms = 0 } = next() ?? {};
    this.pass(ms);
    return ms;
  }
}
