import type { KinesisStreamRecord } from "aws-lambda";
import type { Post } from "../events/post";
import { seededRandom } from "../shared/random";

/** Posts of realistic sizes, the same in every run. */
export function posts(count: number): Post[] {
  const random = seededRandom(1);
  return Array.from({ length: count }, (_, number) => ({
    id: String(number),
    username: `author_${Math.floor(random() * 1000)}`,
    name: "An Author",
    text: "今日はとても天気がいいですね。 What a day! 🌞 ".repeat(1 + Math.floor(random() * 4)),
    createdAt: "2026-11-23T07:21:57.125Z",
    source: "bench",
    lang: "ja",
  }));
}

/** A batch as the event source mapping passes it to the function. */
export function batchOf(payloads: readonly Buffer[]): KinesisStreamRecord[] {
  return payloads.map((payload, number) => ({
    eventID: `shardId-000000000000:${number}`,
    eventName: "aws:kinesis:record",
    eventSource: "aws:kinesis",
    eventSourceARN: "arn:aws:kinesis:us-east-1:000000000000:stream/bench",
    eventVersion: "1.0",
    awsRegion: "us-east-1",
    invokeIdentityArn: "arn:aws:iam::000000000000:role/bench",
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey: String(number % 100),
      sequenceNumber: String(number),
      approximateArrivalTimestamp: 1_795_418_517.125,
      data: payload.toString("base64"),
    },
  }));
}

/** A value as the bytes of its JSON. */
export const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
