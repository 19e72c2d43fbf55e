import { describe, expect, it } from "@jest/globals";
import { timeBudget } from "../../../functions/event-processor/time-budget";

describe("timeBudget", () => {
  it("keeps five seconds for setting aside and half a second for the answer", () => {
    expect(timeBudget(60_000)).toEqual({ writing: 54_500, settingAside: 59_500 });
  });

  it("keeps a fair part of a short invocation", () => {
    expect(timeBudget(3_000)).toEqual({ writing: 2_100, settingAside: 2_850 });
  });

  it("gives whole milliseconds, and none when there are none", () => {
    expect(timeBudget(33)).toEqual({ writing: 23, settingAside: 31 });
    expect(timeBudget(0)).toEqual({ writing: 0, settingAside: 0 });
    expect(timeBudget(-5)).toEqual({ writing: 0, settingAside: 0 });
  });
});
