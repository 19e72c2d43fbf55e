import { describe, expect, it } from "@jest/globals";
import { timeBudget } from "../../../functions/event-processor/time-budget";

describe("timeBudget", () => {
  it("keeps five seconds for setting aside and half a second for the answer", () => {
    expect(timeBudget(60_000)).toEqual({ writingMs: 54_500, settingAsideMs: 59_500 });
  });

  it("keeps a fair part of a short invocation", () => {
    expect(timeBudget(3_000)).toEqual({ writingMs: 2_100, settingAsideMs: 2_850 });
  });

  it("gives whole milliseconds, and none when there are none", () => {
    expect(timeBudget(33)).toEqual({ writingMs: 23, settingAsideMs: 31 });
    expect(timeBudget(0)).toEqual({ writingMs: 0, settingAsideMs: 0 });
    expect(timeBudget(-5)).toEqual({ writingMs: 0, settingAsideMs: 0 });
  });
});
