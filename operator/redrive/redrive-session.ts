import { messageOf } from "../../shared/errors";
import { type Interruption, listenForInterruption } from "../../shared/interruption";
import { LiveLine } from "../../shared/live-line";
import type { Stack } from "../../shared/stack";
import { countOf, formatCount, paint, printable } from "../../shared/terminal";
import type { Choice } from "./chosen-records";
import { EventTable } from "./event-table";
import { FailureBucketClient, type Survey } from "./failure-bucket-client";
import { newRedriveTally } from "./redrive-tally";
import { type Criteria, Selection } from "./selection";

/** One run, as the user at the terminal sees it: its progress and warnings, and Ctrl-C. */
export class RedriveSession {
  readonly stack: Stack;
  readonly bucket: FailureBucketClient;
  readonly #table: EventTable | undefined;
  readonly tally = newRedriveTally();
  readonly #criteria: Criteria;
  readonly #selection: Selection;
  readonly #line: LiveLine;
  readonly #interruption: Interruption;
  readonly #undelivered = new Map<string, number>();
  #survey: Survey | undefined;
  #lookedAt = 0;

  /** @param looksAtTable whether records may be superseded by the table's items */
  constructor(stack: Stack, criteria: Criteria, looksAtTable: boolean) {
    this.stack = stack;
    this.#criteria = criteria;
    this.#selection = new Selection(criteria);
    this.#line = new LiveLine(process.stderr, () => this.#progress());
    this.#interruption = listenForInterruption(() =>
      this.#line.note("stopping: finishing the objects under way; Ctrl-C again stops immediately"),
    );
    this.bucket = new FailureBucketClient(stack, this.#interruption.stop, this.#interruption.abort);
    if (looksAtTable) this.#table = new EventTable(stack, this.#interruption.abort);
  }

  get abort(): AbortSignal {
    return this.#interruption.abort;
  }

  /** What to print if no record is chosen; undefined if one is, or if the run was stopped early. */
  get nothingChosen(): string | undefined {
    if (this.#selection.taken > 0 || this.#interruption.stop.aborted) return undefined;
    const { skipped, superseded, failed, notUnderstood } = this.tally;
    const isOther = skipped + superseded + failed + notUnderstood > 0;
    const nothing = isOther ? "nothing that can be put back" : "no such records";
    return `the failure bucket ${this.bucket.name} holds ${this.#survey?.objects === 0 ? "nothing" : nothing}`;
  }

  /** Counts the objects that the bucket holds now: the run chooses from those. */
  async choose(): Promise<Choice> {
    this.#survey = await this.bucket.survey();
    return {
      bucket: this.bucket,
      table: this.#table,
      survey: this.#survey,
      selection: this.#selection,
      onLookedAt: () => {
        this.#lookedAt++;
      },
      onNotUnderstood: (key, problem) => {
        this.tally.notUnderstood++;
        this.#warn(`not understood: ${printable(key)}: ${problem}`);
      },
      onSkipped: (key, problems) => {
        this.tally.skipped += problems.length;
        this.#name("skipped", key, problems, "correct or delete it there, or let it expire");
      },
      onSuperseded: (key, problems) => {
        this.tally.superseded += problems.length;
        this.#name("superseded", key, problems, "--force puts it back all the same");
      },
      onFailed: (key, problem) => {
        this.tally.failed++;
        this.#warn(`left as it is: ${printable(key)}: ${problem}`);
      },
    };
  }

  warnOfChange(key: string): void {
    this.#warn(`changed while its records were put back, and left as it is: ${printable(key)}`);
  }

  addUndelivered(reason: string): void {
    this.#undelivered.set(reason, (this.#undelivered.get(reason) ?? 0) + 1);
  }

  /** Prints what is only known at the end. @param fault what ended the run early; the caller reports it */
  close(fault: unknown): void {
    for (const [reason, count] of this.#undelivered)
      if (fault === undefined || messageOf(fault) !== reason)
        this.#warn(`undelivered, and still set aside: ${countOf(count, "record")}: ${reason}`);
    if (fault === undefined) this.#warnAtTheEnd();
    this.#line.close();
    this.bucket.close();
    this.#table?.close();
  }

  #warnAtTheEnd(): void {
    if (this.#interruption.stop.aborted) this.#line.note("stopped early: run it again for the rest");
    else this.#warnOfUnknownReasons();
  }

  #warnOfUnknownReasons(): void {
    const { reasonsSeen, isComplete } = this.#selection;
    // In either case, not every object was read.
    if (isComplete || this.#criteria.since !== undefined) return;
    for (const reason of this.#criteria.reason ?? [])
      if (reasonsSeen.size > 0 && !reasonsSeen.has(reason))
        this.#warn(
          `no record has the reason ${reason}; there are: ${[...reasonsSeen].sort().map(printable).join(", ")}`,
        );
  }

  /** Names what stays of one object: the first few, and how many more there are. */
  #name(what: string, key: string, problems: readonly string[], remedy: string): void {
    for (const problem of problems.slice(0, MAX_NAMED))
      this.#warn(`${what}: ${printable(key)}: ${problem}; ${remedy}`);
    const others = problems.length - MAX_NAMED;
    if (others > 0) this.#warn(`${what}: ${printable(key)}: ${formatCount(others)} more`);
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

/** How many records of one object are named; a whole batch may have met the same fault. */
const MAX_NAMED = 10;
