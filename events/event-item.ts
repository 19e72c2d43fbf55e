import type { Post } from "./post";

/** An event as an item of the DynamoDB table. */
export interface EventItem {
  /** Partition key. */
  Username: string;
  /** Sort key. */
  Id: string;
  /** When the post was written, ISO 8601 in UTC. */
  Timestamp: string;
  Message: string;
  Name?: string;
  Source: string;
  Lang?: string;
  /** Epoch seconds after which DynamoDB deletes the item; absent if it never expires. */
  ExpiresAt?: number;
}

/** The attributes that the table's declaration names. */
export const TABLE_ATTRIBUTES = {
  partitionKey: "Username",
  sortKey: "Id",
  expiry: "ExpiresAt",
} as const satisfies Record<string, keyof EventItem>;

/** The longest time to live that a deployer can choose: ten years. The shortest, 0 days, means never. */
export const MAX_TIME_TO_LIVE_DAYS = 3650;

/**
 * Turns an event into the item that stores it.
 * @param expiresAt epoch seconds; without it, the item never expires
 */
export function eventItem(post: Post, expiresAt?: number): EventItem {
  return {
    Username: post.username,
    Id: post.id,
    Timestamp: post.createdAt,
    Message: post.text,
    ...(post.name !== undefined && { Name: post.name }),
    Source: post.source,
    ...(post.lang !== undefined && { Lang: post.lang }),
    ...(expiresAt !== undefined && { ExpiresAt: expiresAt }),
  };
}

/** The item's key as one string. Two items have the same one if either would replace the other in the table. */
export function itemKey(item: Pick<EventItem, "Username" | "Id">): string {
  return JSON.stringify([item.Username, item.Id]);
}

/** Describes the first of DynamoDB's limits that the item breaks; `undefined` if it breaks none. */
export function brokenItemLimit(item: EventItem): string | undefined {
  const username = Buffer.byteLength(item.Username);
  if (username > MAX_PARTITION_KEY_BYTES)
    return `username: ${username} bytes; a partition key has at most ${MAX_PARTITION_KEY_BYTES}`;

  const id = Buffer.byteLength(item.Id);
  if (id > MAX_SORT_KEY_BYTES) return `id: ${id} bytes; a sort key has at most ${MAX_SORT_KEY_BYTES}`;

  const size = itemSize(item);
  if (size > MAX_ITEM_BYTES) return `the item: ${size} bytes; an item has at most ${MAX_ITEM_BYTES}`;
  return undefined;
}

/**
 * DynamoDB's limits in bytes of UTF-8.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
const MAX_PARTITION_KEY_BYTES = 2048;
const MAX_SORT_KEY_BYTES = 1024;
const MAX_ITEM_BYTES = 400 * 1024;

/**
 * An item's size: the bytes of its attribute names and values. A number's exact size depends on its digits;
 * 21 bytes is the most that DynamoDB counts for one.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
function itemSize(item: EventItem): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) {
    bytes += Buffer.byteLength(name) + (typeof value === "string" ? Buffer.byteLength(value) : 21);
  }
  return bytes;
}
