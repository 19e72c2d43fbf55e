import { describe, expect, it } from "@jest/globals";
import { newTally } from "../../producer/delivery/tally";
import { progressText } from "../../producer/progress-line";

const TALLY = { ...newTally(), acknowledged: 12_345, retried: 6, rejected: 2, bytes: 4_000_000 };

describe("the progress line", () => {
  it("shows what was sent, retried and rejected, and how fast", () => {
    expect(progressText(TALLY, 1234.4, undefined)).toBe("12,345 sent  6 retried  2 rejected  1,234/s");
  });

  it("shows what is undelivered, and the source's status", () => {
    expect(progressText({ ...TALLY, undelivered: 3 }, 0, "reconnecting in 5 s")).toBe(
      "12,345 sent  6 retried  2 rejected  3 undelivered  0/s  reconnecting in 5 s",
    );
  });
});
