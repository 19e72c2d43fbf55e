import { countOf, formatCount } from "../../shared/terminal";

/** What became of the input so far. */
export interface Tally {
  /** Records that Kinesis has stored. */
  acknowledged: number;
  /** How many times a record was sent again. */
  retried: number;
  /** Pieces of input that are not events, or too large for a record. */
  rejected: number;
  /** Records that Kinesis did not take. */
  undelivered: number;
  emptyLines: number;
  /** What a v1.1 stream says besides tweets, such as how many it held back. */
  streamNotices: number;
  /** How many bytes of data the acknowledged records have, without their partition keys. */
  bytes: number;
}

/** What a run did, as `--json` prints it. */
export interface Summary extends Tally {
  /** From the first read to the last answer, to the millisecond. */
  seconds: number;
  recordsPerSecond: number;
  /** The path of the rejects file; absent if nothing was written to it. */
  rejectsFile?: string;
}

/** Starts a tally, with nothing counted. */
export function newTally(): Tally {
  return {
    acknowledged: 0,
    retried: 0,
    rejected: 0,
    undelivered: 0,
    emptyLines: 0,
    streamNotices: 0,
    bytes: 0,
  };
}

/** Sums up a run. @param ms how long it took */
export function summarize(tally: Tally, ms: number, rejectsFile: string | undefined): Summary {
  return {
    ...tally,
    seconds: Math.round(ms) / 1000,
    recordsPerSecond: ms > 0 ? Math.round((tally.acknowledged / ms) * 1000) : 0,
    ...(rejectsFile !== undefined && { rejectsFile }),
  };
}

/** The summary as one line of text. */
export function summaryLine(summary: Summary): string {
  const { acknowledged, retried, rejected, undelivered, bytes, seconds, rejectsFile } = summary;
  return [
    `${countOf(acknowledged, "record")} on the stream (${formatCount(bytes)} bytes)`,
    ` in ${seconds.toFixed(3)} s, ${formatCount(summary.recordsPerSecond)} a second`,
    `; ${formatCount(retried)} retried, ${formatCount(rejected)} rejected, ${formatCount(undelivered)} undelivered`,
    skipped(summary.emptyLines, "empty line"),
    skipped(summary.streamNotices, "stream notice"),
    rejectsFile === undefined ? "" : `; see ${rejectsFile}`,
  ].join("");
}

function skipped(count: number, what: string): string {
  return count > 0 ? `; ${countOf(count, what)} skipped` : "";
}
