import { describe, expect, it } from "@jest/globals";
import { Selection } from "../../../operator/redrive/selection";
import type { SetAsideRecord } from "../../../operator/redrive/set-aside-object";

const START = Date.parse("2026-11-23T07:00:00Z");

const record = (reason: string, minute: number): SetAsideRecord => ({
  where: "line 1",
  reason,
  arrivedAt: START + minute * 60_000,
  partitionKey: "k",
  data: "",
});
const records = [record("a", 0), record("b", 1), record("a", 2), record("c", 3)];
const at = (ms: number) => ({ lastModified: new Date(START + ms) });

describe("a selection", () => {
  it("without criteria wants and takes everything", () => {
    const selection = new Selection({});
    expect(selection.wanted(records)).toEqual(records);
    expect(selection.take(records)).toEqual(records);
    expect(selection).toMatchObject({ taken: 4, isComplete: false });
    expect(selection.mayBeIn(at(-1e9))).toBe(true);
  });

  it("by time wants records that arrived then or later", () => {
    const selection = new Selection({ since: new Date(START + 60_000) });
    expect(selection.wanted(records)).toEqual(records.slice(1));
  });

  it("by time reads only objects that were written then or later, but for a minute between two clocks", () => {
    const selection = new Selection({ since: new Date(START) });
    expect(selection.mayBeIn(at(-60_000))).toBe(true);
    expect(selection.mayBeIn(at(-60_001))).toBe(false);
  });

  it("by reason wants records of one of them, and knows all reasons that it has seen", () => {
    const selection = new Selection({ reason: ["a", "c"] });
    expect(selection.wanted(records)).toEqual([records[0], records[2], records[3]]);
    expect([...selection.reasonsSeen]).toEqual(["a", "b", "c"]);
  });

  it("by number takes the first of what it is offered, over all objects", () => {
    const selection = new Selection({ limit: 3 });
    expect(selection.take(records.slice(0, 2))).toEqual(records.slice(0, 2));
    expect(selection.isComplete).toBe(false);
    expect(selection.take(records.slice(2))).toEqual([records[2]]);
    expect(selection).toMatchObject({ taken: 3, isComplete: true });
    expect(selection.take(records)).toEqual([]);
  });
});
