import type { WriteStream } from "node:tty";
import { LiveLine } from "../../shared/live-line";
import { paint } from "../../shared/terminal";

const NAME_WIDTH = 12;

/** The progress of a step of which nothing more is known than that it is under way. */
export const UNDER_WAY = () => "";

/** Tells a person how far a run of several steps is: a line a step, and on a terminal the one under way. */
export class StepLog {
  readonly #stream: WriteStream;
  #live: LiveLine | undefined;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /**
   * Runs a step and says how it ended.
   * @param describe what came of it, in a few words
   * @param progress how far it is, for the live line; left out where the step has a live line of its own
   */
  async run<T>(
    name: string,
    step: () => Promise<T>,
    describe: (result: T) => string,
    progress?: () => string,
  ): Promise<T> {
    const started = performance.now();
    if (progress)
      this.#live = new LiveLine(this.#stream, () => `  … ${name.padEnd(NAME_WIDTH)}${progress()}`);
    try {
      const result = await step();
      const seconds = paint(this.#stream, "dim", `${((performance.now() - started) / 1000).toFixed(1)} s`);
      this.#print(
        `  ${paint(this.#stream, "green", "✔")} ${name.padEnd(NAME_WIDTH)}${describe(result)} ${seconds}`,
      );
      return result;
    } finally {
      this.#live?.close();
      this.#live = undefined;
    }
  }

  /** Says something between or during steps. */
  note(text: string): void {
    this.#print(paint(this.#stream, "dim", `    ${text}`));
  }

  #print(line: string): void {
    if (this.#live) this.#live.note(line);
    else this.#stream.write(`${line}\n`);
  }
}
