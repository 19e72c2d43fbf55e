import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { BatchResult } from "../../../functions/event-processor/batch-processor";
import { reportBatch } from "../../../functions/event-processor/batch-report";
import type { Rejection } from "../../../functions/event-processor/record-decoder";
import { catchOutput } from "../../support/function-output";
import { ARRIVAL, kinesisRecord, SHARD_ID, STREAM_ARN } from "../../support/kinesis-event";
import { post } from "../../support/posts";

let output: ReturnType<typeof catchOutput>;

beforeEach(() => {
  output = catchOutput();
});

afterEach(() => output.release());

describe("the log of a batch", () => {
  it("is one line of counts for a clean batch", () => {
    report({ received: 3, stored: 3 });

    expect(logLines()).toEqual([
      expect.objectContaining({
        level: "INFO",
        message: "Batch processed",
        kinesisRecords: 2,
        userRecords: 3,
        stored: 3,
        rejected: 0,
        skipped: 0,
        retried: 0,
        failed: 0,
        iteratorAge: 4_500,
      }),
    ]);
  });

  it("warns once for each reason of rejection, and describes the first record", () => {
    const rejected = [
      rejection("7", { detail: "id: is missing" }),
      ...Array.from({ length: 499 }, (_, n) => rejection(`${n + 8}`, { userRecords: n === 0 ? 2 : 1 })),
      rejection("900", { reason: "invalid-json", detail: "the 8 bytes are not JSON" }),
    ];

    report({ received: 502, rejected });

    expect(logLines().filter(({ level }) => level === "WARN")).toEqual([
      expect.objectContaining({
        message: "Records rejected",
        reason: "invalid-event",
        count: 501,
        first: { detail: "id: is missing", shardId: SHARD_ID, sequenceNumber: "7" },
      }),
      expect.objectContaining({
        reason: "invalid-json",
        count: 1,
        first: { detail: "the 8 bytes are not JSON", shardId: SHARD_ID, sequenceNumber: "900" },
      }),
    ]);
  });

  it("warns of problems, the first ten by name", () => {
    report({ problems: new Map(Array.from({ length: 30 }, (_, n) => [`DynamoDB: Error: ${n}`, n + 1])) });

    const [warning, ...others] = logLines().filter(({ level }) => level === "WARN");
    expect(others).toEqual([]);
    expect(Object.entries(warning?.problems ?? {})).toEqual(
      Array.from({ length: 10 }, (_, n) => [`DynamoDB: Error: ${n}`, n + 1]),
    );
  });

  it("never contains what a record holds", () => {
    report({ rejected: [rejection("1")] });

    expect(output.text()).not.toContain("secret");
    expect(output.text()).not.toContain(Buffer.from("secret").toString("base64").slice(0, 8));
  });
});

describe("the metrics of a batch", () => {
  it("have a value each, and the age of the oldest record", () => {
    const rejected = [rejection("1"), rejection("2", { userRecords: 3 })];
    report({ received: 14, stored: 5, rejected, skipped: 4, retried: 7, failed: ["3"] });

    expect(metrics()).toMatchObject({
      service: "event-processor",
      EventsStored: 5,
      RecordsRejected: 4,
      RecordsSkipped: 4,
      RecordsRetried: 7,
      RecordsFailed: 1,
      IteratorAge: 4_500,
    });
    expect(metrics()._aws).toMatchObject({
      CloudWatchMetrics: [
        {
          Namespace: "stream-processing",
          Metrics: expect.arrayContaining([
            { Name: "EventsStored", Unit: "Count" },
            { Name: "IteratorAge", Unit: "Milliseconds" },
          ]),
        },
      ],
    });
  });

  it("include zeros, so that an alarm has data", () => {
    report({ received: 2, stored: 2 });

    expect(metrics()).toMatchObject({
      RecordsRejected: 0,
      RecordsSkipped: 0,
      RecordsRetried: 0,
      RecordsFailed: 0,
    });
  });
});

function report(result: Partial<BatchResult>): void {
  const records = [kinesisRecord(post()), kinesisRecord(post(), { arrival: ARRIVAL - 2.5 })];
  const complete = {
    received: 0,
    stored: 0,
    rejected: [],
    skipped: 0,
    retried: 0,
    failed: [],
    problems: new Map(),
    ...result,
  };
  reportBatch(
    records,
    complete,
    {
      logger: new Logger({ serviceName: "event-processor" }),
      metrics: new Metrics({ namespace: "stream-processing", serviceName: "event-processor" }),
    },
    { now: () => (ARRIVAL + 2) * 1000, sleep: async () => {} },
  );
}

function rejection(sequenceNumber: string, values: Partial<Rejection> = {}): Rejection {
  return {
    reason: "invalid-event",
    detail: "text: is missing",
    userRecords: 1,
    record: {
      streamArn: STREAM_ARN,
      shardId: SHARD_ID,
      sequenceNumber,
      partitionKey: "ada",
      arrivedAt: new Date(ARRIVAL * 1000),
      data: Buffer.from("secret text"),
    },
    ...values,
  };
}

function logLines() {
  return output.lines().filter((line) => "level" in line);
}

function metrics(): Record<string, unknown> {
  return output.lines().find((line) => "_aws" in line) ?? {};
}
