import type { WriteStream } from "node:tty";
import { CLEAR_LINE } from "./terminal";

export const REDRAW_MS = 200;

/** One line on a terminal that says how far a run is; silent where the stream is not a terminal. */
export class LiveLine {
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param text is asked for the line every `REDRAW_MS` */
  constructor(
    readonly terminal: WriteStream,
    readonly text: () => string,
  ) {
    if (terminal.isTTY) this.#timer = setInterval(() => this.#redraw(), REDRAW_MS);
  }

  /** Prints a message that stays, above the line. */
  note(message: string): void {
    this.terminal.write(`${this.#timer ? CLEAR_LINE : ""}${message}\n`);
  }

  close(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.terminal.write(CLEAR_LINE);
  }

  #redraw(): void {
    // A line that wraps could not be cleared again. Some terminals do not say how wide they are.
    this.terminal.write(`${CLEAR_LINE}${this.text().slice(0, (this.terminal.columns || 80) - 1)}`);
  }
}
