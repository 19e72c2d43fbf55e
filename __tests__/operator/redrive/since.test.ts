import { describe, expect, it } from "@jest/globals";
import { since } from "../../../operator/redrive/since";
import { VirtualClock } from "../../support/virtual-clock";

const clock = new VirtualClock(Date.parse("2026-11-23T12:00:00Z"));

describe("since", () => {
  it.each([
    ["2026-11-23T07:00:00Z", "2026-11-23T07:00:00.000Z"],
    ["2026-11-23T07:00:00+02:00", "2026-11-23T05:00:00.000Z"],
    ["2026-11-22", "2026-11-22T00:00:00.000Z"],
    ["90s", "2026-11-23T11:58:30.000Z"],
    ["30m", "2026-11-23T11:30:00.000Z"],
    ["2h", "2026-11-23T10:00:00.000Z"],
    ["7d", "2026-11-16T12:00:00.000Z"],
  ])("takes %s for %s", (value, time) => {
    expect(since(value, clock).toISOString()).toBe(time);
  });

  it.each([
    "",
    "yesterday",
    "2",
    "2 h",
    "-2h",
    "1w",
    "5mm",
    "x2026-11-23",
    "2026-13-01",
    "2026-11-23T25:00:00Z",
    "99999999999d",
  ])("does not take %j", (value) => {
    expect(() => since(value, clock)).toThrow("It must be a time such as");
  });
});
