import { type Interruption, listenForInterruption } from "../shared/interruption";
import { paint } from "../shared/terminal";
import { Outage } from "./delivery/outage";
import { newTally, type Summary, summarize } from "./delivery/tally";
import { Warnings } from "./delivery/warnings";
import { ProgressLine } from "./progress-line";
import type { Source } from "./sources/source";

/** One run, as the user at the terminal sees it: its progress, warnings and summary, and Ctrl-C. */
export class ProducerSession {
  readonly tally = newTally();
  readonly warnings = new Warnings((message) => this.warn(message));
  readonly outage = new Outage((message) => this.notify(message));
  readonly #source: Source;
  #progress: ProgressLine | undefined;
  #started = performance.now();

  constructor(source: Source) {
    this.#source = source;
  }

  /** Shows the progress from now on, and listens for Ctrl-C. */
  start(): Interruption {
    this.#started = performance.now();
    this.#progress = new ProgressLine(
      process.stderr,
      this.tally,
      () => this.outage.status ?? this.#source.status?.(),
    );
    return listenForInterruption(() =>
      this.notify("stopping: delivering what was read; Ctrl-C again stops immediately"),
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
   * @param rejectsFile the file's path, if anything was written to it
   * @returns what the run did
   */
  end(rejectsFile: string | undefined): Summary {
    const ms = performance.now() - this.#started;
    this.#progress?.close();
    this.warnings.close();
    const closingNote = this.#source.closingNote?.();
    if (closingNote !== undefined) this.notify(closingNote);
    return summarize(this.tally, ms, rejectsFile);
  }
}
