import { countOf } from "../../shared/terminal";

/** Warns of rejected input, the first few pieces one by one, and of undelivered records, by reason. */
export class Warnings {
  readonly #onWarning: (message: string) => void;
  #rejected = 0;
  /** By reason, how many pieces were rejected beyond those reported one by one. */
  readonly #moreRejected = new Map<string, number>();
  readonly #undelivered = new Map<string, number>();

  constructor(onWarning: (message: string) => void) {
    this.#onWarning = onWarning;
  }

  addRejected(lineNumber: number | undefined, reason: string, detail: string): void {
    this.#rejected++;
    if (this.#rejected > REPORTED_ONE_BY_ONE) {
      increment(this.#moreRejected, reason);
    } else {
      const line = lineNumber === undefined ? "" : `line ${lineNumber}: `;
      this.#onWarning(`rejected: ${line}${reason}: ${detail}`);
    }
  }

  addUndelivered(reason: string): void {
    increment(this.#undelivered, reason);
  }

  /** Reports what was not reported one by one. */
  close(): void {
    for (const [reason, count] of this.#moreRejected)
      this.#onWarning(`rejected: ${countOf(count, "more line")}: ${reason}`);
    for (const [reason, count] of this.#undelivered)
      this.#onWarning(`undelivered: ${countOf(count, "record")}: ${reason}`);
  }
}

/** A broken file may hold millions of rejected lines. */
const REPORTED_ONE_BY_ONE = 10;

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
