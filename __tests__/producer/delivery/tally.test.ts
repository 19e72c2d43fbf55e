import { describe, expect, it } from "@jest/globals";
import { newTally, summarize, summaryLine } from "../../../producer/delivery/tally";

const TALLY = { ...newTally(), acknowledged: 12_345, retried: 6, rejected: 2, bytes: 4_000_000 };

describe("the summary", () => {
  it("has seconds to the millisecond and whole records per second", () => {
    expect(summarize(TALLY, 3210.4567, undefined)).toEqual({
      acknowledged: 12_345,
      retried: 6,
      rejected: 2,
      undelivered: 0,
      emptyLines: 0,
      streamNotices: 0,
      bytes: 4_000_000,
      seconds: 3.21,
      recordsPerSecond: 3845,
    });
  });

  it("has no rate for no time, and a rejects file if there is one", () => {
    expect(summarize(TALLY, 0, "x.ndjson")).toMatchObject({ recordsPerSecond: 0, rejectsFile: "x.ndjson" });
    expect(Object.keys(summarize(TALLY, 1, undefined))).not.toContain("rejectsFile");
  });

  it("is one readable line", () => {
    expect(summaryLine(summarize({ ...TALLY, emptyLines: 1 }, 2000, "x.ndjson"))).toBe(
      "12,345 records on the stream (4,000,000 bytes) in 2.000 s, 6,173 a second; 6 retried, 2 rejected, 0 undelivered; 1 empty line skipped; see x.ndjson",
    );
    expect(summaryLine(summarize({ ...TALLY, emptyLines: 2, streamNotices: 3 }, 2000, undefined))).toMatch(
      /; 2 empty lines skipped; 3 stream notices skipped$/,
    );
  });
});
