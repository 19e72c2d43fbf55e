import { describe, expect, it } from "@jest/globals";
import { afterAnswer, afterTimeout, type CallLimits } from "../../shared/call-limits";

const MEBIBYTE = 1024 * 1024;
const MOST: CallLimits = { calls: 4, records: 500, bytes: 5 * MEBIBYTE };
const timeOut = (limits: CallLimits) => afterTimeout(limits, MOST);
const answer = (limits: CallLimits) => afterAnswer(limits, MOST);

function times(count: number, change: (limits: CallLimits) => CallLimits, start: CallLimits): CallLimits[] {
  const all = [start];
  for (let index = 0; index < count; index++) all.push(change(all.at(-1) ?? start));
  return all.slice(1);
}

describe("the limits of calls", () => {
  it("fall to one call at a time with a time-out, and to half the size with each", () => {
    const limits = times(11, timeOut, MOST);
    expect(limits[0]).toEqual({ calls: 1, records: 250, bytes: 2.5 * MEBIBYTE });
    expect(limits.map(({ records }) => records)).toEqual([250, 125, 63, 32, 16, 8, 4, 2, 1, 1, 1]);
    expect(limits.map(({ calls }) => calls)).toEqual(Array(11).fill(1));
    expect(limits.at(-1)?.bytes).toBe((5 * MEBIBYTE) / 500);
  });

  it("grow by a tenth with each answer, and by one call once they are full", () => {
    const limits = times(12, answer, timeOut(MOST));
    expect(limits.map(({ calls, records }) => [calls, records])).toEqual([
      [1, 275],
      [1, 303],
      [1, 334],
      [1, 368],
      [1, 405],
      [1, 446],
      [1, 491],
      [1, 500],
      [2, 500],
      [3, 500],
      [4, 500],
      [4, 500],
    ]);
    expect(limits[0]?.bytes).toBe((275 * 5 * MEBIBYTE) / 500);
    expect(limits[11]).toEqual(MOST);
  });

  it("grow from a single record", () => {
    const limits = times(3, answer, { calls: 1, records: 1, bytes: 1 });
    expect(limits.map(({ records }) => records)).toEqual([2, 3, 4]);
  });

  it("stay the same object where nothing changes", () => {
    expect(answer(MOST)).toBe(MOST);
  });
});
