import { countOf } from "../../shared/terminal";

/** How many refused lines are reported one by one; a broken file may hold millions. */
const REPORTED_IN_FULL = 10;

/** Reports input that was refused, and records that were given up: the first few in full, then by reason. */
export class Warnings {
  #count = 0;
  readonly #unreported = new Map<string, number>();
  readonly #undelivered = new Map<string, number>();

  /** @param report prints one line */
  constructor(readonly report: (message: string) => void) {}

  rejected(lineNumber: number | undefined, reason: string, detail: string): void {
    this.#count++;
    if (this.#count > REPORTED_IN_FULL) increment(this.#unreported, reason);
    else
      this.report(`rejected: ${lineNumber === undefined ? "" : `line ${lineNumber}: `}${reason}: ${detail}`);
  }

  undelivered(reason: string): void {
    increment(this.#undelivered, reason);
  }

  /** Reports what was not reported one by one. */
  close(): void {
    for (const [reason, count] of this.#unreported)
      this.report(`rejected: ${countOf(count, "more line")}: ${reason}`);
    for (const [reason, count] of this.#undelivered)
      this.report(`undelivered: ${countOf(count, "record")}: ${reason}`);
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
