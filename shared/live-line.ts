import type { WriteStream } from "node:tty";
import { type Clock, systemClock } from "./clock";
import { CLEAR_LINE } from "./terminal";

/** How often a live line is drawn again. */
export const REDRAW_MS = 200;

/** One line on a terminal that says how far a run has got; not drawn if the stream is not a terminal. */
export class LiveLine {
  readonly #terminal: WriteStream;
  readonly #text: () => string;
  readonly #closing = new AbortController();

  /** @param text called every `REDRAW_MS`; returns the line */
  constructor(terminal: WriteStream, text: () => string, clock: Clock = systemClock) {
    this.#terminal = terminal;
    this.#text = text;
    if (terminal.isTTY) void this.#redraw(clock);
  }

  /** Prints a message that stays, above the line. */
  note(message: string): void {
    this.#terminal.write(`${this.#isDrawn ? CLEAR_LINE : ""}${message}\n`);
  }

  close(): void {
    if (this.#isDrawn) this.#terminal.write(CLEAR_LINE);
    this.#closing.abort();
  }

  get #isDrawn(): boolean {
    return this.#terminal.isTTY && !this.#closing.signal.aborted;
  }

  async #redraw(clock: Clock): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      await clock.sleep(REDRAW_MS, signal);
      if (signal.aborted) return;
      // A line that wraps could not be cleared again. Some terminals do not say how wide they are.
      const columns = this.#terminal.columns || 80;
      this.#terminal.write(`${CLEAR_LINE}${this.#text().slice(0, columns - 1)}`);
    }
  }
}
