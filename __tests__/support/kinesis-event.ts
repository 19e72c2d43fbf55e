import type { KinesisStreamRecord } from "aws-lambda";

export const STREAM_ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/test";
export const SHARD_ID = "shardId-000000000003";

/** When the records of these tests arrive, epoch seconds: 2026-11-23T07:21:57.125Z. */
export const ARRIVAL = 1_795_418_517.125;

/** A record as a function gets it from the event source mapping. */
export function kinesisRecord(
  data: Uint8Array | string | object,
  { sequenceNumber = "1", partitionKey = "ada", arrival = ARRIVAL } = {},
): KinesisStreamRecord {
  const bytes = data instanceof Uint8Array || typeof data === "string" ? data : JSON.stringify(data);
  return {
    eventID: `${SHARD_ID}:${sequenceNumber}`,
    eventName: "aws:kinesis:record",
    eventSource: "aws:kinesis",
    eventSourceARN: STREAM_ARN,
    eventVersion: "1.0",
    awsRegion: "eu-west-1",
    invokeIdentityArn: "arn:aws:iam::123456789012:role/test",
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey,
      sequenceNumber,
      approximateArrivalTimestamp: arrival,
      data: Buffer.from(bytes as Uint8Array).toString("base64"),
    },
  };
}
