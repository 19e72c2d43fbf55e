import type { Clock } from "../../../shared/clock";

/**
 * Notices that a server has fallen silent. Only the time spent waiting counts: while the consumer is busy, the server
 * may well have sent the next item.
 */
export class SilenceWatch {
  readonly #stop = new AbortController();
  #waitingSince: number | undefined;

  /**
   * Starts to wait.
   * @param silenceMs the longest wait, in milliseconds
   * @param onSilence is called once, when a wait is that long
   */
  constructor(
    readonly clock: Clock,
    readonly silenceMs: number,
    readonly onSilence: () => void,
  ) {
    this.#waitingSince = clock.now();
    void this.#watch();
  }

  /** Passes items on. Each request for the next item begins a new wait. */
  async *waitFor<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    this.#waitingSince = this.clock.now();
    for await (const item of items) {
      this.#waitingSince = undefined;
      yield item;
      this.#waitingSince = this.clock.now();
    }
    this.#waitingSince = undefined;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** One timer, however many items arrive: it looks again when the current wait could be too long. */
  async #watch(): Promise<void> {
    for (let leftMs = this.silenceMs; leftMs > 0; leftMs = this.#leftMs()) {
      await this.clock.sleep(leftMs, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
    }
    this.onSilence();
  }

  #leftMs(): number {
    if (this.#waitingSince === undefined) return this.silenceMs;
    // Never more, even if the system's clock is set back.
    return Math.min(this.silenceMs, this.#waitingSince + this.silenceMs - this.clock.now());
  }
}
