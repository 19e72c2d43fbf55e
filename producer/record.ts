import { createHash } from "node:crypto";
import type { Post } from "../events/post";
import type { SourcePosition } from "./sources/source";
import type { Pending } from "./watermark";

/** What goes on the stream. */
export interface StreamRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/**
 * The most bytes a record may have, data and partition key together. A stream can be set to take more; this is
 * what every stream takes.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecordsRequestEntry.html
 */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** A partition key has at most 256 characters. */
const MAX_PARTITION_KEY_LENGTH = 256;

/** A record and the item of the source it was made from, which a checkpoint waits for. */
export interface ProducedRecord extends StreamRecord {
  readonly item?: Pending<SourcePosition> | undefined;
}

/** The record that carries an event: its JSON, under its author. */
export function eventRecord(post: Post): StreamRecord {
  return { partitionKey: authorKey(post.username), data: Buffer.from(JSON.stringify(post)) };
}

/** The record that carries bytes as they are, under their hash: equal lines share a shard, others spread out. */
export function rawRecord(data: Uint8Array): StreamRecord {
  return { partitionKey: hash(data), data };
}

/** A record's size as Kinesis counts it: data and partition key, in bytes. */
export function recordBytes(record: StreamRecord): number {
  return record.data.byteLength + Buffer.byteLength(record.partitionKey);
}

/** The author, or the author's hash where Kinesis would refuse the name: over its limit, or not encodable in UTF-8. */
function authorKey(username: string): string {
  const usable = username.length <= MAX_PARTITION_KEY_LENGTH && !/\p{Surrogate}/u.test(username);
  return usable ? username : hash(Buffer.from(username));
}

function hash(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex").slice(0, 32);
}
