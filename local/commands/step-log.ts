import type { WriteStream } from "node:tty";
import { LiveLine } from "../../shared/live-line";
import { paint } from "../../shared/terminal";

/** The progress of a step that cannot say how far it is. */
export const UNDER_WAY = () => "";

/** Shows the progress of a run of several steps: a line for each finished step and, on a terminal, the current one. */
export class StepLog {
  readonly #stream: WriteStream;
  #live: LiveLine | undefined;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /**
   * Runs a step and prints its result.
   * @param describe puts the result in a few words
   * @param progress how far the step is, for the live line; omitted where the step has a live line of its own
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

  /** Prints a message between or during steps. */
  note(text: string): void {
    this.#print(paint(this.#stream, "dim", `    ${text}`));
  }

  #print(line: string): void {
    if (this.#live) this.#live.note(line);
    else this.#stream.write(`${line}\n`);
  }
}

/** The width to which the name of a step is padded, in characters. */
const NAME_WIDTH = 12;
