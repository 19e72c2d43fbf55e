import type { _Record as KinesisRecord } from "@aws-sdk/client-kinesis";
import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import type { EventSourceMappingSettings } from "./mapping-settings";

/**
 * A stream's record as the function receives it.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
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
      // Data is a Uint8Array, whose toString() does not encode base64.
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

/** The payload of an invocation. */
export function lambdaEvent(records: readonly KinesisStreamRecord[]): KinesisStreamEvent {
  return { Records: [...records] };
}

/** What a record adds to the payload of an invocation, in bytes: its JSON and a comma. */
export function payloadBytes(record: KinesisStreamRecord): number {
  return Buffer.byteLength(JSON.stringify(record)) + 1;
}

/** The payload of an invocation without its records, in bytes. */
export const PAYLOAD_FRAME_BYTES = Buffer.byteLength(JSON.stringify(lambdaEvent([])));
