import { type Interruption, listenForInterruption } from "../../shared/interruption";
import { LiveLine } from "../../shared/live-line";
import type { Stack } from "../../shared/stack";
import { countOf, formatCount, paint, printable } from "../../shared/terminal";
import type { Choice } from "./chosen-records";
import { FailureBucket, type Survey } from "./failure-bucket";
import { newRedriveTally } from "./redrive-tally";
import { type Criteria, Selection } from "./selection";

/** One run, as the person before the terminal has it: how far it is, what it has to say, and Ctrl-C. */
export class RedriveSession {
  readonly bucket: FailureBucket;
  readonly tally = newRedriveTally();
  readonly #selection: Selection;
  readonly #line: LiveLine;
  readonly #interruption: Interruption;
  readonly #undelivered = new Map<string, number>();
  #survey: Survey | undefined;
  #lookedAt = 0;

  constructor(
    readonly stack: Stack,
    readonly criteria: Criteria,
  ) {
    this.#selection = new Selection(criteria);
    this.#line = new LiveLine(process.stderr, () => this.#progress());
    this.#interruption = listenForInterruption(() =>
      this.#line.note("stopping: finishing the objects under way; Ctrl-C again gives them up"),
    );
    this.bucket = new FailureBucket(stack, this.#interruption.stop, this.#interruption.abort);
  }

  get abort(): AbortSignal {
    return this.#interruption.abort;
  }

  get isGivenUp(): boolean {
    return this.abort.aborted;
  }

  /** What to say if there is no record to choose; undefined if there is one, or if not all was looked at. */
  get nothingChosen(): string | undefined {
    if (this.#selection.taken > 0 || this.#interruption.stop.aborted) return undefined;
    return `the failure bucket ${this.bucket.name} holds ${this.#survey?.objects === 0 ? "nothing" : "no such records"}`;
  }

  /** Counts what the bucket holds now; the run goes through what is chosen of that. */
  async choose(): Promise<Choice> {
    this.#survey = await this.bucket.survey();
    return {
      bucket: this.bucket,
      survey: this.#survey,
      selection: this.#selection,
      onLookedAt: () => {
        this.#lookedAt++;
      },
      onNotUnderstood: (key, problem) => {
        this.tally.notUnderstood++;
        this.#warn(`not understood: ${printable(key)}: ${problem}`);
      },
    };
  }

  noteChanged(key: string): void {
    this.#warn(`changed while its records were put back, and left as it is: ${printable(key)}`);
  }

  noteUndelivered(reason: string): void {
    this.#undelivered.set(reason, (this.#undelivered.get(reason) ?? 0) + 1);
  }

  /** Says what is only known at the end. What ended the run early, if anything did, the caller says. */
  close(fault: unknown): void {
    if (fault === undefined) this.#noteTheEnd();
    this.#line.close();
    this.bucket.close();
  }

  #noteTheEnd(): void {
    for (const [reason, count] of this.#undelivered)
      this.#warn(`undelivered, and still set aside: ${countOf(count, "record")}: ${reason}`);
    if (this.#interruption.stop.aborted) this.#line.note("stopped early: run it again for the rest");
    else this.#noteUnknownReasons();
  }

  #noteUnknownReasons(): void {
    const { reasonsSeen, isComplete } = this.#selection;
    // Not every object was read.
    if (isComplete || this.criteria.since !== undefined) return;
    for (const reason of this.criteria.reason ?? [])
      if (reasonsSeen.size > 0 && !reasonsSeen.has(reason))
        this.#warn(
          `no record has the reason ${reason}; there are: ${[...reasonsSeen].sort().map(printable).join(", ")}`,
        );
  }

  #warn(message: string): void {
    this.#line.note(paint(process.stderr, "yellow", message));
  }

  #progress(): string {
    if (!this.#survey) return "looking through the failure bucket";
    const { putBack, retried } = this.tally;
    return [
      `${formatCount(this.#lookedAt)} of ${countOf(this.#survey.objects, "object")}`,
      ...(putBack > 0 ? [`${formatCount(putBack)} put back`, `${formatCount(retried)} retried`] : []),
    ].join("  ");
  }
}
