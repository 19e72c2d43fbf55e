import { createHash } from "node:crypto";
import type { Post } from "../events/post";
import {
  MAX_PARTITION_KEY_LENGTH,
  partitionKeyLength,
  type StreamRecord,
} from "../kinesis-writer/stream-record";
import type { PendingItem } from "../shared/low-watermark";
import type { SourcePosition } from "./sources/source";

/** A record, and the item of the source that it was made from: the record's outcome settles the item. */
export interface ProducedRecord extends StreamRecord {
  readonly item?: PendingItem<SourcePosition> | undefined;
}

/** The record that carries an event: its JSON, with the author as the partition key. */
export function eventRecord(post: Post): StreamRecord {
  return { partitionKey: authorKey(post.username), data: Buffer.from(JSON.stringify(post)) };
}

/** The record that carries bytes as they are, with their hash as the partition key: it spreads them over the shards. */
export function rawRecord(data: Uint8Array): StreamRecord {
  return { partitionKey: hash(data), data };
}

/** The author, or the author's hash if Kinesis does not take the name: it is too long, or not encodable in UTF-8. */
function authorKey(username: string): string {
  const usable = partitionKeyLength(username) <= MAX_PARTITION_KEY_LENGTH && !/\p{Surrogate}/u.test(username);
  return usable ? username : hash(Buffer.from(username));
}

function hash(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex").slice(0, 32);
}
