import Table from "cli-table3";
import { formatCount, printable } from "../../shared/terminal";
import type { SetAsideRecord } from "./set-aside-object";

/** What there is of one reason. */
export interface ReasonCount {
  reason: string;
  records: number;
  /** Objects that hold such records; one object may hold several reasons. */
  objects: number;
  /** When the first and the last of the records arrived, ISO 8601 in UTC. */
  oldest: string;
  newest: string;
}

interface Group {
  records: number;
  objects: number;
  /** Epoch milliseconds. */
  oldest: number;
  newest: number;
}

/** Counts records by the reason for which they were set aside. */
export class Inventory {
  records = 0;
  objects = 0;
  readonly #groups = new Map<string, Group>();

  /** Adds the records of one object. */
  add(records: readonly SetAsideRecord[]): void {
    this.records += records.length;
    this.objects++;
    for (const { reason, arrivedAt } of records) {
      const group = this.#groups.get(reason) ?? {
        records: 0,
        objects: 0,
        oldest: arrivedAt,
        newest: arrivedAt,
      };
      group.records++;
      group.oldest = Math.min(group.oldest, arrivedAt);
      group.newest = Math.max(group.newest, arrivedAt);
      this.#groups.set(reason, group);
    }
    for (const reason of new Set(records.map((record) => record.reason))) {
      const group = this.#groups.get(reason);
      if (group) group.objects++;
    }
  }

  /** What there is of each reason, sorted by reason. */
  get reasons(): ReasonCount[] {
    return [...this.#groups]
      .map(([reason, group]) => ({
        reason,
        ...group,
        oldest: new Date(group.oldest).toISOString(),
        newest: new Date(group.newest).toISOString(),
      }))
      .sort((a, b) => (a.reason < b.reason ? -1 : 1));
  }
}

/** Draws the counts as a table. @param heading styles a column's name */
export function inventoryTable({ reasons }: Inventory, heading: (text: string) => string): string {
  const table = new Table({
    head: ["Reason", "Records", "Objects", "Oldest arrival", "Newest arrival"].map(heading),
    colAligns: ["left", "right", "right", "left", "left"],
    style: { head: [], border: [] },
  });
  for (const { reason, records, objects, oldest, newest } of reasons)
    table.push([printable(reason), formatCount(records), formatCount(objects), oldest, newest]);
  return table.toString();
}
