import type { WriteStream } from "node:tty";
import { paint } from "../cli/terminal";

const REFRESH_MILLISECONDS = 200;

const NAME_WIDTH = 12;

/** Tells a person how far a run of several steps is: a line a step, the current one live on a terminal. */
export class StepLog {
  constructor(private readonly stream: WriteStream) {}

  /**
   * Runs a step and says how it ended.
   * @param describe what came of it, in a few words
   * @param progress how far it is, asked while it runs
   */
  async run<T>(
    name: string,
    step: () => Promise<T>,
    describe: (result: T) => string,
    progress = () => "",
  ): Promise<T> {
    const started = performance.now();
    const timer = this.stream.isTTY
      ? setInterval(() => this.live(`  … ${name.padEnd(NAME_WIDTH)}${progress()}`), REFRESH_MILLISECONDS)
      : undefined;
    try {
      const result = await step();
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      this.line(
        `  ${paint(this.stream, "green", "✔")} ${name.padEnd(NAME_WIDTH)}${describe(result)} ${paint(this.stream, "dim", `${seconds} s`)}`,
      );
      return result;
    } finally {
      clearInterval(timer);
      this.live("");
    }
  }

  /** Says something between or during steps. */
  note(text: string): void {
    this.line(paint(this.stream, "dim", `    ${text}`));
  }

  private line(text: string): void {
    this.live("");
    this.stream.write(`${text}\n`);
  }

  /** Replaces the terminal's current line. */
  private live(text: string): void {
    if (!this.stream.isTTY) return;
    this.stream.write(`\r\x1b[K${text.slice(0, this.stream.columns - 1)}`);
  }
}
