import { countOf, formatCount } from "../../shared/terminal";

/** What a run did so far. */
export interface RedriveTally {
  /** Records that Kinesis acknowledged. */
  putBack: number;
  /** How often a record was sent once more. */
  retried: number;
  /** Records that were given up; they are still set aside. */
  undelivered: number;
  /** Objects that are gone, since all their records are back on the stream. */
  removed: number;
  /** Objects that hold the records that were not chosen, and no others. */
  rewritten: number;
  /** Objects that were written anew meanwhile, and so were left as they are. */
  changed: number;
  /** Objects that were left where they are, since they are not what they should be. */
  notUnderstood: number;
}

export function newRedriveTally(): RedriveTally {
  return { putBack: 0, retried: 0, undelivered: 0, removed: 0, rewritten: 0, changed: 0, notUnderstood: 0 };
}

/** The summary of a run as one line for people. */
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
