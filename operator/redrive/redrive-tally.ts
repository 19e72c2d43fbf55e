import { countOf, formatCount } from "../../shared/terminal";

/** What a run has done so far. */
export interface RedriveTally {
  /** Records that Kinesis acknowledged. */
  putBack: number;
  /** How many times a record was sent again. */
  retried: number;
  /** Records that Kinesis did not take; they are still set aside. */
  undelivered: number;
  /** Objects that were deleted, since all their records are back on the stream. */
  removed: number;
  /** Objects that now hold only the records that were not chosen. */
  rewritten: number;
  /** Objects that someone else changed meanwhile, and that were not touched. */
  changed: number;
  /** Objects of another format, which were not touched. */
  notUnderstood: number;
}

/** Starts a tally, with nothing counted. */
export function newRedriveTally(): RedriveTally {
  return { putBack: 0, retried: 0, undelivered: 0, removed: 0, rewritten: 0, changed: 0, notUnderstood: 0 };
}

/** The summary of a run as one line of text. */
export function redriveSummaryLine(tally: RedriveTally, seconds: number, streamName: string): string {
  const { putBack, retried, undelivered, removed, rewritten, changed, notUnderstood } = tally;
  return [
    `put ${countOf(putBack, "record")} back on ${streamName} in ${seconds.toFixed(1)} s`,
    `; ${formatCount(retried)} retried, ${formatCount(undelivered)} undelivered`,
    `; ${countOf(removed, "object")} removed`,
    rewritten > 0 ? `, ${formatCount(rewritten)} kept with the rest` : "",
    changed > 0 ? `, ${formatCount(changed)} changed meanwhile` : "",
    notUnderstood > 0 ? `, ${formatCount(notUnderstood)} not understood` : "",
  ].join("");
}
