import type { _Record as KinesisRecord } from "@aws-sdk/client-kinesis";
import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import type { EventSourceMappingSettings } from "./settings";

/**
 * A stream's record as the function receives it.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#services-kinesis-event-example
 */
export function lambdaRecord(
  record: KinesisRecord,
  shardId: string,
  { streamArn, roleArn, region }: EventSourceMappingSettings,
): KinesisStreamRecord {
  const {
    SequenceNumber: sequenceNumber = "",
    PartitionKey: partitionKey = "",
    Data = new Uint8Array(),
  } = record;
  return {
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey,
      sequenceNumber,
      // Data is a Uint8Array, whose own toString knows no base64.
      data: Buffer.from(Data.buffer, Data.byteOffset, Data.byteLength).toString("base64"),
      approximateArrivalTimestamp: (record.ApproximateArrivalTimestamp?.getTime() ?? 0) / 1000,
    },
    eventSource: "aws:kinesis",
    eventVersion: "1.0",
    eventID: `${shardId}:${sequenceNumber}`,
    eventName: "aws:kinesis:record",
    invokeIdentityArn: roleArn,
    awsRegion: region,
    eventSourceARN: streamArn,
  };
}

/** What a record adds to the invocation's payload, in bytes: its JSON is ASCII but for the partition key. */
export function payloadBytes(record: KinesisStreamRecord): number {
  return JSON_FRAME_BYTES + record.kinesis.data.length + Buffer.byteLength(record.kinesis.partitionKey);
}

/** A generous bound of a record's JSON without its data and partition key: names, ARNs and numbers. */
const JSON_FRAME_BYTES = 700;

/** The payload of an invocation. */
export function lambdaEvent(records: readonly KinesisStreamRecord[]): KinesisStreamEvent {
  return { Records: [...records] };
}
