import { createHash } from "node:crypto";
import type { Post } from "../events/post";
import { MAX_PARTITION_KEY_LENGTH, type StreamRecord } from "../kinesis-writer/stream-record";
import type { PendingItem } from "../shared/low-watermark";
import type { SourcePosition } from "./sources/source";

/** A record, and the source's item that it was made from, which is settled with it. */
export interface ProducedRecord extends StreamRecord {
  readonly item?: PendingItem<SourcePosition> | undefined;
}

/** The record that carries an event: its JSON, under its author. */
export function eventRecord(post: Post): StreamRecord {
  return { partitionKey: authorKey(post.username), data: Buffer.from(JSON.stringify(post)) };
}

/** The record that carries bytes as they are, under their hash: equal lines share a shard, others spread out. */
export function rawRecord(data: Uint8Array): StreamRecord {
  return { partitionKey: hash(data), data };
}

/** The author, or the author's hash where Kinesis does not take the name: over its limit, or not encodable in UTF-8. */
function authorKey(username: string): string {
  const usable = username.length <= MAX_PARTITION_KEY_LENGTH && !/\p{Surrogate}/u.test(username);
  return usable ? username : hash(Buffer.from(username));
}

function hash(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex").slice(0, 32);
}
