import type { WriteStream } from "node:tty";
import { CLEAR_LINE, formatCount } from "../cli/terminal";
import type { Tally } from "./tally";

const REDRAW_MS = 200;
/** The rate shown is that of the last two seconds. */
const RATE_SAMPLES = 2000 / REDRAW_MS;

/** One line on a terminal that says how far a run is; silent where standard error is not a terminal. */
export class Progress {
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #samples: number[] = [];

  /** @param status what the source has to say about itself */
  constructor(
    readonly terminal: WriteStream,
    readonly tally: Tally,
    readonly status: () => string | undefined,
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
    this.#samples.push(this.tally.acknowledged);
    if (this.#samples.length > RATE_SAMPLES + 1) this.#samples.shift();
    const line = progressLine(this.tally, rateOf(this.#samples), this.status());
    // A line that wraps could not be cleared again. Some terminals do not say how wide they are.
    this.terminal.write(`${CLEAR_LINE}${line.slice(0, (this.terminal.columns || 80) - 1)}`);
  }
}

/** The line's text. @param rate records per second */
export function progressLine(tally: Tally, rate: number, status: string | undefined): string {
  const parts = [
    `${formatCount(tally.acknowledged)} sent`,
    `${formatCount(tally.retried)} retried`,
    `${formatCount(tally.rejected)} rejected`,
    ...(tally.undelivered > 0 ? [`${formatCount(tally.undelivered)} undelivered`] : []),
    `${formatCount(Math.round(rate))}/s`,
    ...(status ? [status] : []),
  ];
  return parts.join("  ");
}

function rateOf(samples: readonly number[]): number {
  const first = samples[0] ?? 0;
  const last = samples.at(-1) ?? 0;
  return samples.length < 2 ? 0 : ((last - first) * 1000) / (REDRAW_MS * (samples.length - 1));
}
