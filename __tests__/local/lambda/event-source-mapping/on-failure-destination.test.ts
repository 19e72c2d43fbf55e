import { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  putSetAsideBatch,
  type SetAsideBatch,
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

const setAside = (batch: SetAsideBatch) => putSetAsideBatch(s3, settings, batch);

/** The only object of the bucket. */
async function onlyObject() {
  const objects = await emulator.objects(settings.destinationBucket ?? "");
  expect(Object.keys(objects)).toHaveLength(1);
  const [[key = "", text = ""] = []] = Object.entries(objects);
  return { key, document: JSON.parse(text) };
}

describe(`An object at the on-failure destination (${source.failures}, ${source.recorded})`, () => {
  it("the key has Lambda's form: mapping, shard, date, time and a UUID", async () => {
    await processLetters("a", [fail, fail], settings, { setAside });
    expect((await onlyObject()).key).toMatch(
      /^aws\/lambda\/f89f8514-cdd9-4602-9e1f-01a5b77d449b\/shardId-000000000003\/2026\/11\/23\/2026-11-23T07\.21\.57-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    );
  });

  it("the document has Lambda's form and contains the whole event", async () => {
    await processLetters("abc", [fail, fail], settings, { setAside });
    const { document } = await onlyObject();
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
    await processLetters("a", [reaction, reaction], reporting, { setAside });
    expect((await onlyObject()).document.responseContext).toEqual({
      statusCode: 200,
      executedVersion: "$LATEST",
      functionError: null,
    });
  });

  it("a batch that never reached the function has no request and no response", async () => {
    const records = batchOf("a", { arrival: ARRIVAL - 61 });
    await processLetters(records, [], { ...settings, maximumRecordAgeSeconds: 60 }, { setAside });
    const { document } = await onlyObject();
    expect(document.requestContext).toMatchObject({
      requestId: null,
      condition: "RecordAgeExceeded",
      approximateInvokeCount: 0,
    });
    expect(document).not.toHaveProperty("responseContext");
  });
});

describe(`Setting a batch aside (${source.failures})`, () => {
  it("a batch that it does not accept is sent again, and the problem is reported", async () => {
    proxy.inject(answerWith(403, "<Error><Code>AccessDenied</Code><Message>No.</Message></Error>"));
    proxy.inject(answerWith(500, ""));
    const { handled, problems } = await processLetters("a", [fail, fail], settings, { setAside });
    expect(problems).toHaveLength(2);
    expect(problems[0]).toBe("the on-failure destination does not accept a batch: No.");
    expect(handled).toBe("a");
    await onlyObject();
  });

  it("a batch whose answer is lost becomes one object", async () => {
    proxy.inject(loseResponse);
    const { problems } = await processLetters("a", [fail, fail], settings, { setAside });
    expect(problems).toHaveLength(1);
    await onlyObject();
  });

  it("records stay in order: what follows a failed batch waits until it is set aside", async () => {
    const events: string[] = [];
    proxy.inject(answerWith(500, ""));
    await processLetters(
      "ab",
      [fail, fail, fail],
      { ...settings, bisectBatchOnFunctionError: true },
      {
        setAside: async (batch) => {
          await setAside(batch).finally(() => events.push("put"));
        },
        onHandled: (records) => events.push(`handled ${records[0]?.kinesis.sequenceNumber}`),
      },
    );
    expect(events).toEqual(["put", "put", "handled 98", "handled 99"]);
  });
});
