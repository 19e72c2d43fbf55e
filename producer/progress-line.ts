import type { WriteStream } from "node:tty";
import { LiveLine, REDRAW_MS } from "../shared/live-line";
import { formatCount } from "../shared/terminal";
import type { Tally } from "./delivery/tally";

/** The line on a terminal that says how far a run has got. */
export class ProgressLine extends LiveLine {
  /** @param status the source's own part of the line, if it has one */
  constructor(terminal: WriteStream, tally: Tally, status: () => string | undefined) {
    const samples: number[] = [];
    super(terminal, () => {
      samples.push(tally.acknowledged);
      if (samples.length > RATE_SAMPLES + 1) samples.shift();
      return progressText(tally, perSecond(samples), status());
    });
  }
}

/** The line's text. @param rate records per second */
export function progressText(tally: Tally, rate: number, status: string | undefined): string {
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

/** The rate shown is that of the last two seconds. */
const RATE_SAMPLES = 2000 / REDRAW_MS;

function perSecond(samples: readonly number[]): number {
  const first = samples[0] ?? 0;
  const last = samples.at(-1) ?? 0;
  return samples.length < 2 ? 0 : ((last - first) * 1000) / (REDRAW_MS * (samples.length - 1));
}
