import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { Context, KinesisStreamRecord } from "aws-lambda";
import { type DynamoDbEmulator, startDynamoDbEmulator } from "../../support/dynamodb-emulator";
import { throttle } from "../../support/dynamodb-faults";
import { type FaultProxy, startFaultProxy } from "../../support/fault-proxy";
import { catchOutput } from "../../support/function-output";
import { ARRIVAL, kinesisRecord } from "../../support/kinesis-event";
import { post } from "../../support/posts";
import { type S3Emulator, startS3Emulator } from "../../support/s3-emulator";

const TABLE_NAME = "test-EventData";
const FAILURE_BUCKET_NAME = "test-failures";

let dynamoDb: DynamoDbEmulator;
let s3: S3Emulator;
let table: FaultProxy;
let bucket: FaultProxy;
let output: ReturnType<typeof catchOutput>;

beforeAll(async () => {
  [dynamoDb, s3] = await Promise.all([startDynamoDbEmulator(), startS3Emulator()]);
  await Promise.all([dynamoDb.createTable(TABLE_NAME), s3.createBucket(FAILURE_BUCKET_NAME)]);
  [table, bucket] = await Promise.all([startFaultProxy(dynamoDb.url), startFaultProxy(s3.url)]);
});

afterAll(async () => {
  await Promise.all([table.stop(), bucket.stop()]);
  await Promise.all([dynamoDb.stop(), s3.stop()]);
});

beforeEach(() => {
  output = catchOutput();
});

afterEach(() => output.release());

describe("the function's handler", () => {
  it("stores, sets aside, and answers with the records to retry", async () => {
    const response = await handle([
      kinesisRecord(post({ id: "1", text: "a private matter" }), { sequenceNumber: "1" }),
      kinesisRecord('{"text":"another private matter"', { sequenceNumber: "2" }),
    ]);

    expect(response).toEqual({ batchItemFailures: [] });
    expect(await dynamoDb.items(TABLE_NAME)).toMatchObject([
      { Id: "1", Message: "a private matter", ExpiresAt: Math.floor(ARRIVAL) + 7 * 86_400 },
    ]);
    const [line] = Object.values(await s3.objects(FAILURE_BUCKET_NAME));
    expect(JSON.parse(line ?? "")).toMatchObject({ sequenceNumber: "2", processorVersion: "1.2.3" });
  });

  it("answers with the failed records before Lambda ends the invocation", async () => {
    table.injectAlways(throttle);

    const response = await handle([kinesisRecord(post(), { sequenceNumber: "7" })], { remaining: 200 });

    table.injectAlways(undefined);
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: "7" }] });
  });

  it("logs with the request's ID and publishes metrics under the declared names, without the text of posts", async () => {
    await handle([
      kinesisRecord(post({ text: "a private matter" })),
      kinesisRecord('{"text":"a private matter"'),
    ]);

    expect(output.lines()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          message: "Batch processed",
          service: "events",
          function_request_id: "request-1",
        }),
        expect.objectContaining({ message: "Records rejected", reason: "invalid-json" }),
        expect.objectContaining({ service: "events", EventsStored: 1, RecordsRejected: 1 }),
      ]),
    );
    expect(output.text()).toContain('"Namespace":"test-namespace"');
    expect(output.text()).not.toContain("private");
  });

  it("does not start with a malformed environment, and names the variable", async () => {
    await expect(loadHandler({ TIME_TO_LIVE_DAYS: "a week" })).rejects.toThrow(
      'TIME_TO_LIVE_DAYS is "a week"',
    );
  });
});

async function loadHandler(environment: Record<string, string> = {}) {
  Object.assign(process.env, {
    TABLE_NAME,
    FAILURE_BUCKET_NAME,
    TIME_TO_LIVE_DAYS: "7",
    PROCESSOR_VERSION: "1.2.3",
    POWERTOOLS_SERVICE_NAME: "events",
    POWERTOOLS_METRICS_NAMESPACE: "test-namespace",
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
    AWS_ENDPOINT_URL_S3: bucket.url,
    ...environment,
  });
  jest.resetModules();
  return (await import("../../../functions/event-processor/handler")).handler;
}

async function handle(records: KinesisStreamRecord[], { remaining = 30_000 } = {}) {
  const handler = await loadHandler();
  const context = { awsRequestId: "request-1", getRemainingTimeInMillis: () => remaining } as Context;
  return handler({ Records: records }, context);
}
