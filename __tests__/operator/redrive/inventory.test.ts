import { describe, expect, it } from "@jest/globals";
import { Inventory, inventoryTable } from "../../../operator/redrive/inventory";
import type { SetAsideRecord } from "../../../operator/redrive/set-aside-object";

/** A record that arrived in a minute after 07:00. */
const record = (reason: string, minute: number): SetAsideRecord => ({
  where: "line 1",
  reason,
  arrivedAt: Date.parse("2026-11-23T07:00:00Z") + minute * 60_000,
  partitionKey: "k",
  data: "",
});

function inventory(): Inventory {
  const counted = new Inventory();
  counted.add([record("b\u001b[2J", 5), record("c", 0), record("a", 3), record("b\u001b[2J", 1)]);
  counted.add([record("a", 4), record("a", 2)]);
  return counted;
}

describe("an inventory", () => {
  it("counts records and objects by reason, sorted, with the first and the last arrival", () => {
    const { records, objects, reasons } = inventory();
    expect({ records, objects, reasons }).toEqual({
      records: 6,
      objects: 2,
      reasons: [
        {
          reason: "a",
          records: 3,
          objects: 2,
          oldest: "2026-11-23T07:02:00.000Z",
          newest: "2026-11-23T07:04:00.000Z",
        },
        {
          reason: "b\u001b[2J",
          records: 2,
          objects: 1,
          oldest: "2026-11-23T07:01:00.000Z",
          newest: "2026-11-23T07:05:00.000Z",
        },
        {
          reason: "c",
          records: 1,
          objects: 1,
          oldest: "2026-11-23T07:00:00.000Z",
          newest: "2026-11-23T07:00:00.000Z",
        },
      ],
    });
  });

  it("is empty without records", () => {
    const { records, objects, reasons } = new Inventory();
    expect({ records, objects, reasons }).toEqual({ records: 0, objects: 0, reasons: [] });
  });

  it("is drawn as a table, safe to print, with its headings styled and its numbers to the right", () => {
    expect(inventoryTable(inventory(), (text) => text.toUpperCase()).split("\n")).toEqual([
      "┌────────┬─────────┬─────────┬──────────────────────────┬──────────────────────────┐",
      "│ REASON │ RECORDS │ OBJECTS │ OLDEST ARRIVAL           │ NEWEST ARRIVAL           │",
      "├────────┼─────────┼─────────┼──────────────────────────┼──────────────────────────┤",
      "│ a      │       3 │       2 │ 2026-11-23T07:02:00.000Z │ 2026-11-23T07:04:00.000Z │",
      "├────────┼─────────┼─────────┼──────────────────────────┼──────────────────────────┤",
      "│ b�[2J  │       2 │       1 │ 2026-11-23T07:01:00.000Z │ 2026-11-23T07:05:00.000Z │",
      "├────────┼─────────┼─────────┼──────────────────────────┼──────────────────────────┤",
      "│ c      │       1 │       1 │ 2026-11-23T07:00:00.000Z │ 2026-11-23T07:00:00.000Z │",
      "└────────┴─────────┴─────────┴──────────────────────────┴──────────────────────────┘",
    ]);
  });
});
