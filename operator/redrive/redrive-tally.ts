import { countOf, formatCount } from "../../shared/terminal";

/** What a run has done so far. */
export interface RedriveTally {
  /** Records that Kinesis acknowledged. */
  putBack: number;
  /** How many times a record was sent again. */
  retried: number;
  /** Records that Kinesis did not take; they are still set aside. */
  undelivered: number;
  /** Records, or lines, that can never be put back; they are still set aside. */
  skipped: number;
  /** Records that would replace another version of their event; they are still set aside. */
  superseded: number;
  /** Objects that were deleted, since all their records are back on the stream. */
  removed: number;
  /** Objects that now hold only what was not put back. */
  rewritten: number;
  /** Objects that someone else changed meanwhile, and that were not touched. */
  changed: number;
  /** Objects for which S3 failed a call despite retries; they are still there. */
  failed: number;
  /** Objects of another format, which were not touched. */
  notUnderstood: number;
}

/** Starts a tally, with nothing counted. */
export function newRedriveTally(): RedriveTally {
  return {
    putBack: 0,
    retried: 0,
    undelivered: 0,
    skipped: 0,
    superseded: 0,
    removed: 0,
    rewritten: 0,
    changed: 0,
    failed: 0,
    notUnderstood: 0,
  };
}

/** The summary of a run as one line of text. */
export function redriveSummaryLine(tally: RedriveTally, seconds: number, streamName: string): string {
  const { putBack, retried, undelivered, removed } = tally;
  const some = (count: number, what: string) => (count > 0 ? `, ${formatCount(count)} ${what}` : "");
  return [
    `put ${countOf(putBack, "record")} back on ${streamName} in ${seconds.toFixed(1)} s`,
    `; ${formatCount(retried)} retried, ${formatCount(undelivered)} undelivered`,
    some(tally.skipped, "skipped"),
    some(tally.superseded, "superseded"),
    `; ${countOf(removed, "object")} removed`,
    some(tally.rewritten, "kept with the rest"),
    some(tally.changed, "changed meanwhile"),
    some(tally.failed, "failed"),
    some(tally.notUnderstood, "not understood"),
  ].join("");
}
