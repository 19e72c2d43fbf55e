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
 * The most bytes a record may have, data and partition key together. A stream can be set to take more; this is
 * what every stream takes.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecordsRequestEntry.html
 */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** A partition key has at most 256 characters. */
export const MAX_PARTITION_KEY_LENGTH = 256;

/** A record's size as Kinesis counts it: data and partition key, in bytes. */
export function recordBytes(record: StreamRecord): number {
  return record.data.byteLength + Buffer.byteLength(record.partitionKey);
}
