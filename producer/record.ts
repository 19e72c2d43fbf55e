import { createHash } from "node:crypto";
import type { Post } from "../events/post";
import { MAX_PARTITION_KEY_LENGTH, type StreamRecord } from "../stream/stream-record";

/** A record and the line of the input it was made from, if there is one. */
export interface ProducedRecord extends StreamRecord {
  readonly lineNumber?: number;
}

/** The record that carries an event: its JSON, under its author. */
export function eventRecord(post: Post, lineNumber?: number): ProducedRecord {
  return {
    partitionKey: authorKey(post.username),
    data: Buffer.from(JSON.stringify(post)),
    ...(lineNumber !== undefined && { lineNumber }),
  };
}

/** The record that carries bytes as they are, under their hash: equal lines share a shard, others spread out. */
export function rawRecord(data: Uint8Array, lineNumber: number): ProducedRecord {
  return { partitionKey: hash(data), data, lineNumber };
}

/** The author, or the author's hash where Kinesis would refuse the name: over its limit, or not encodable in UTF-8. */
function authorKey(username: string): string {
  const usable = username.length <= MAX_PARTITION_KEY_LENGTH && !/\p{Surrogate}/u.test(username);
  return usable ? username : hash(Buffer.from(username));
}

function hash(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex").slice(0, 32);
}
