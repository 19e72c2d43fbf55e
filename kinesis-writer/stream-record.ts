/** A record to put on the stream. */
export interface StreamRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** Where Kinesis stored a record. */
export interface ShardPosition {
  shardId: string;
  sequenceNumber: string;
}

/**
 * The most bytes that a record may have, data and partition key together. Every stream takes this much; a stream can be
 * set to take more.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecordsRequestEntry.html
 */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** The most Unicode characters that a partition key may have; see `partitionKeyLength`. */
export const MAX_PARTITION_KEY_LENGTH = 256;

/** A partition key's length as Kinesis counts it: an emoji is one character, not two. */
export function partitionKeyLength(partitionKey: string): number {
  return [...partitionKey].length;
}

/** A record's size as Kinesis counts it: data and partition key, in bytes. */
export function recordBytes(record: StreamRecord): number {
  return record.data.byteLength + Buffer.byteLength(record.partitionKey);
}
