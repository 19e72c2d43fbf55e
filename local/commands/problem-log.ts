import { type Clock, systemClock } from "../../shared/clock";

/** What goes wrong while a stack runs: printed, and kept as the cause of what may follow from it. */
export class ProblemLog {
  readonly #print: (message: string) => void;
  readonly #clock: Clock;
  /** The latest problems, each with the times in milliseconds at which it was last added and last printed. */
  readonly #latest = new Map<string, { addedMs: number; printedMs: number }>();

  /** @param print a problem that occurs again and again is printed at most once in `REPEAT_MS` */
  constructor(print: (message: string) => void, clock: Clock = systemClock) {
    this.#print = print;
    this.#clock = clock;
  }

  add(message: string): void {
    const nowMs = this.#clock.now();
    const printedMs = this.#latest.get(message)?.printedMs ?? Number.NEGATIVE_INFINITY;
    const isDue = nowMs - printedMs >= REPEAT_MS;
    // Deleted first: a map keeps the place of a key that it has.
    this.#latest.delete(message);
    this.#latest.set(message, { addedMs: nowMs, printedMs: isDue ? nowMs : printedMs });
    const [oldest = ""] = this.#latest.keys();
    if (this.#latest.size > MOST_KEPT) this.#latest.delete(oldest);
    if (isDue) this.#print(message);
  }

  /** The problems since a time in milliseconds since the epoch, each once, the latest first. */
  since(ms: number): string[] {
    return [...this.#latest]
      .filter(([, { addedMs }]) => addedMs >= ms)
      .map(([message]) => message)
      .reverse();
  }
}

const REPEAT_MS = 10_000;
/** How many different problems are kept. */
const MOST_KEPT = 20;
