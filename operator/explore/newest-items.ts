import { type DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import * as v from "valibot";

/** What is shown of an item. It is checked because others may have written to the table. */
const ShownItem = v.looseObject({
  Username: v.string(),
  Id: v.string(),
  Timestamp: v.string(),
  Message: v.string(),
  Lang: v.optional(v.string()),
});

export type ShownItem = v.InferOutput<typeof ShownItem>;

export interface NewestItems {
  /** Newest first. */
  items: ShownItem[];
  /** How many items were looked at. */
  scanned: number;
  /** Whether the table may hold items that were not looked at. */
  stoppedEarly: boolean;
}

/**
 * Finds the newest items of the table. The table has no index by time, since nothing in the architecture reads it
 * that way; so this scans the table, and every read is billed.
 * @param count how many to find; only that many, and a page of the scan, are held in memory
 * @param limit how many to look at
 */
export async function newestItems(
  client: DynamoDBDocumentClient,
  tableName: string,
  count: number,
  limit: number,
): Promise<NewestItems> {
  const newest = new Newest(count);
  let scanned = 0;
  for await (const page of paginateScan({ client }, { TableName: tableName })) {
    const items = (page.Items ?? []).slice(0, limit - scanned);
    scanned += items.length;
    for (const item of items) newest.offer(item);

    const unread = page.LastEvaluatedKey !== undefined || items.length < (page.Items?.length ?? 0);
    if (scanned >= limit && unread) return { items: newest.items, scanned, stoppedEarly: true };
  }
  return { items: newest.items, scanned, stoppedEarly: false };
}

/** Keeps the newest of the items that it is offered. */
class Newest {
  readonly #kept: { item: ShownItem; time: number }[] = [];
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  get items(): ShownItem[] {
    return this.#kept.map(({ item }) => item);
  }

  offer(value: Record<string, unknown>): void {
    const parsed = v.safeParse(ShownItem, value);
    if (!parsed.success) return;

    const item = parsed.output;
    // Times may be written with different precision, so they cannot be compared as text.
    const time = Date.parse(item.Timestamp);
    if (Number.isNaN(time) || (this.#kept.length === this.#count && time <= (this.#kept.at(-1)?.time ?? 0)))
      return;

    const place = this.#kept.findIndex((kept) => kept.time < time);
    this.#kept.splice(place === -1 ? this.#kept.length : place, 0, { item, time });
    if (this.#kept.length > this.#count) this.#kept.pop();
  }
}
