import {
  type DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandOutput,
  ScanCommand,
  type ScanCommandOutput,
} from "@aws-sdk/lib-dynamodb";
import * as v from "valibot";
import { TABLE_ATTRIBUTES } from "../../events/event-item";

/** What is shown of an item. It is checked because others may have written to the table. */
const ShownItem = v.looseObject({
  Username: v.string(),
  Id: v.string(),
  Timestamp: v.string(),
  Message: v.string(),
  Lang: v.optional(v.string()),
});

export type ShownItem = v.InferOutput<typeof ShownItem>;

/** What to look at. */
export interface Search {
  tableName: string;
  /** Only the items of this author, by the table's partition key; otherwise the whole table. */
  user?: string | undefined;
  /** How many items to find; only that many, and one page, are held in memory. */
  count: number;
  /** How many items to read at most. */
  limit: number;
}

export interface NewestItems {
  /** Newest first. */
  items: ShownItem[];
  /** How many items were read. */
  read: number;
  /** Whether there may be items that were not read. */
  stoppedEarly: boolean;
}

/**
 * Finds the newest items of the table, or of one author. The table has no index by time, since nothing in the
 * architecture reads it that way; so this reads item after item, in the order of their keys, and every read is billed.
 * An author's items are read from the highest id down: where ids grow with time, those are the newest.
 */
export async function newestItems(client: DynamoDBDocumentClient, search: Search): Promise<NewestItems> {
  const { count, limit } = search;
  const newest = new Newest(count);
  let read = 0;
  let start: Record<string, unknown> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await readPage(client, search, limit - read, start);
    read += Items.length;
    for (const item of Items) newest.offer(item);
    start = LastEvaluatedKey;
  } while (start !== undefined && read < limit);
  return { items: newest.items, read, stoppedEarly: start !== undefined };
}

/** @param limit how many items DynamoDB may read: it bills what it reads, and not what a caller makes of it */
function readPage(
  client: DynamoDBDocumentClient,
  { tableName, user }: Search,
  limit: number,
  start: Record<string, unknown> | undefined,
): Promise<ScanCommandOutput | QueryCommandOutput> {
  const page = { TableName: tableName, Limit: limit, ExclusiveStartKey: start };
  if (user === undefined) return client.send(new ScanCommand(page));
  return client.send(
    new QueryCommand({
      ...page,
      KeyConditionExpression: "#username = :user",
      ExpressionAttributeNames: { "#username": TABLE_ATTRIBUTES.partitionKey },
      ExpressionAttributeValues: { ":user": user },
      ScanIndexForward: false,
    }),
  );
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
