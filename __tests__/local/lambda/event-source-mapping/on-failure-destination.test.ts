import { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  type DiscardedBatch,
  putDiscardedBatch,
} from "../../../../local/lambda/event-source-mapping/on-failure-destination";
import { emulatorAccess } from "../../../support/aws-access";
import { answerWith, type FaultProxy, loseResponse, startFaultProxy } from "../../../support/fault-proxy";
import { ARRIVAL, SHARD_ID, STREAM_ARN } from "../../../support/kinesis-event";
import { mappingSettings, source } from "../../../support/mapping-settings";
import { processLetters } from "../../../support/processed-batch";
import { type S3Emulator, startS3Emulator } from "../../../support/s3-emulator";
import { batchOf, fail, reportFailed, respond } from "../../../support/scripted-function";

let emulator: S3Emulator;
let proxy: FaultProxy;
let s3: S3Client;
let settings: ReturnType<typeof mappingSettings>;
let buckets = 0;

beforeAll(async () => {
  emulator = await startS3Emulator();
  proxy = await startFaultProxy(emulator.url);
  s3 = new S3Client({ ...emulatorAccess(proxy.url), forcePathStyle: true, maxAttempts: 1 });
});

afterAll(async () => {
  s3.destroy();
  await proxy.stop();
  await emulator.stop();
});

beforeEach(async () => {
  buckets += 1;
  settings = mappingSettings({ destinationBucket: `bucket-${buckets}`, maximumRetryAttempts: 1 });
  await emulator.createBucket(`bucket-${buckets}`);
});

const keep = (batch: DiscardedBatch) => putDiscardedBatch(s3, settings, batch);

/** The only object of the bucket. */
async function kept() {
  const objects = await emulator.objects(settings.destinationBucket ?? "");
  expect(Object.keys(objects)).toHaveLength(1);
  const [[key = "", text = ""] = []] = Object.entries(objects);
  return { key, document: JSON.parse(text) };
}

describe(`The on-failure destination (${source.failures}, ${source.recorded})`, () => {
  it("the key has Lambda's form: mapping, shard, date, time and a UUID", async () => {
    await processLetters("a", [fail, fail], settings, { discard: keep });
    expect((await kept()).key).toMatch(
      /^aws\/lambda\/f89f8514-cdd9-4602-9e1f-01a5b77d449b\/shardId-000000000003\/2026\/11\/23\/2026-11-23T07\.21\.57-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    );
  });

  it("the document has Lambda's form, and the whole event in it", async () => {
    await processLetters("abc", [fail, fail], settings, { discard: keep });
    const { document } = await kept();
    expect(document).toEqual({
      requestContext: {
        requestId: "request",
        functionArn: "arn:aws:lambda:eu-west-1:123456789012:function:test",
        condition: "RetryAttemptsExhausted",
        approximateInvokeCount: 2,
      },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      version: "1.0",
      timestamp: "2026-11-23T07:21:57.225Z",
      KinesisBatchInfo: {
        shardId: SHARD_ID,
        startSequenceNumber: "98",
        endSequenceNumber: "100",
        approximateArrivalOfFirstRecord: "2026-11-23T07:21:57.125Z",
        approximateArrivalOfLastRecord: "2026-11-23T07:21:57.125Z",
        batchSize: 3,
        streamArn: STREAM_ARN,
      },
      payload: JSON.stringify({ Records: batchOf("abc") }),
    });
  });

  it.each([
    ["reported records", reportFailed("a")],
    ["a response that is not understood", respond({ batchItemFailures: [{ foo: 1 }] })],
  ])("functionError is null for %s: the function itself did not fail", async (_, reaction) => {
    const reporting = { ...settings, reportBatchItemFailures: true };
    await processLetters("a", [reaction, reaction], reporting, { discard: keep });
    expect((await kept()).document.responseContext).toEqual({
      statusCode: 200,
      executedVersion: "$LATEST",
      functionError: null,
    });
  });

  it("a batch that never reached the function has no request and no response", async () => {
    const records = batchOf("a", { arrival: ARRIVAL - 61 });
    await processLetters(records, [], { ...settings, maximumRecordAgeSeconds: 60 }, { discard: keep });
    const { document } = await kept();
    expect(document.requestContext).toMatchObject({
      requestId: null,
      condition: "RecordAgeExceeded",
      approximateInvokeCount: 0,
    });
    expect(document).not.toHaveProperty("responseContext");
  });

  it("a batch that it does not take is not given up, and the user hears of it", async () => {
    proxy.inject(answerWith(403, "<Error><Code>AccessDenied</Code><Message>No.</Message></Error>"));
    proxy.inject(answerWith(500, ""));
    const { handled, problems } = await processLetters("a", [fail, fail], settings, { discard: keep });
    expect(problems).toHaveLength(2);
    expect(problems[0]).toBe("the on-failure destination does not take a batch: No.");
    expect(handled).toBe("a");
    await kept();
  });

  it("a batch whose answer got lost is kept as one object", async () => {
    proxy.inject(loseResponse);
    const { problems } = await processLetters("a", [fail, fail], settings, { discard: keep });
    expect(problems).toHaveLength(1);
    await kept();
  });

  it("records stay in order: what follows waits until the batch before is kept", async () => {
    const events: string[] = [];
    proxy.inject(answerWith(500, ""));
    await processLetters(
      "ab",
      [fail, fail, fail],
      { ...settings, bisectBatchOnFunctionError: true },
      {
        discard: async (batch) => {
          await keep(batch).finally(() => events.push("kept or not"));
        },
        handled: (records) => events.push(`handled ${records[0]?.kinesis.sequenceNumber}`),
      },
    );
    expect(events).toEqual(["kept or not", "kept or not", "handled 98", "handled 99"]);
  });
});
