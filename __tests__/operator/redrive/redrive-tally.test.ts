import { describe, expect, it } from "@jest/globals";
import { newRedriveTally, redriveSummaryLine } from "../../../operator/redrive/redrive-tally";

describe("the summary of a redrive", () => {
  it("says what was put back and removed, and nothing of what did not happen", () => {
    expect(redriveSummaryLine(newRedriveTally(), 0.04, "posts")).toBe(
      "put 0 records back on posts in 0.0 s; 0 retried, 0 undelivered; 0 objects removed",
    );
  });

  it("counts everything that stayed", () => {
    const tally = {
      putBack: 1,
      retried: 1002,
      undelivered: 3,
      skipped: 1,
      superseded: 1005,
      removed: 1,
      rewritten: 7,
      changed: 1008,
      failed: 9,
      notUnderstood: 1,
    };
    expect(redriveSummaryLine(tally, 12.36, "posts")).toBe(
      "put 1 record back on posts in 12.4 s; 1,002 retried, 3 undelivered, 1 skipped, 1,005 superseded; " +
        "1 object removed, 7 kept with the rest, 1,008 changed meanwhile, 9 failed, 1 not understood",
    );
  });
});
