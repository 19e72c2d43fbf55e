import { type Interruption, listenForInterruption } from "../shared/interruption";
import { paint } from "../shared/terminal";
import { newTally, type Summary, summarize } from "./delivery/tally";
import { Warnings } from "./delivery/warnings";
import { Progress } from "./progress";
import type { Source } from "./sources/source";

/** One run, as the user at the terminal sees it: its progress, its warnings and its summary, and Ctrl-C. */
export class ProducerSession {
  readonly tally = newTally();
  readonly warnings = new Warnings((message) => this.warn(message));
  #progress: Progress | undefined;
  #started = performance.now();

  /** Shows the progress of a source from now on, and listens for Ctrl-C. */
  start(source: Source): Interruption {
    this.#started = performance.now();
    this.#progress = new Progress(process.stderr, this.tally, () => source.status?.());
    return listenForInterruption(() =>
      this.notify("stopping: delivering what was read; Ctrl-C again gives it up"),
    );
  }

  notify(message: string): void {
    if (this.#progress) this.#progress.note(message);
    else process.stderr.write(`${message}\n`);
  }

  warn(message: string): void {
    this.notify(paint(process.stderr, "yellow", message));
  }

  /**
   * Ends the progress line, and prints what is only known at the end.
   * @returns what the run did
   */
  end(source: Source, rejectsFile: string | undefined): Summary {
    const ms = performance.now() - this.#started;
    this.#progress?.close();
    this.warnings.close();
    const closingNote = source.closingNote?.();
    if (closingNote !== undefined) this.notify(closingNote);
    return summarize(this.tally, ms, rejectsFile);
  }
}
