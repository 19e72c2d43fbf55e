import { S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { RejectedRecord } from "../../../events/rejected-record";
import { clientSettings } from "../../../functions/event-processor/client-settings";
import { Problems } from "../../../functions/event-processor/problems";
import type { Rejection } from "../../../functions/event-processor/record-decoder";
import { RejectionStore } from "../../../functions/event-processor/rejection-store";
import { emulatorAccess } from "../../support/aws-access";
import {
  answerWith,
  type FaultProxy,
  loseResponse,
  type ProxyFault,
  resetConnection,
  startFaultProxy,
} from "../../support/fault-proxy";
import { SHARD_ID, STREAM_ARN } from "../../support/kinesis-event";
import { type S3Emulator, startS3Emulator } from "../../support/s3-emulator";
import { timeForAttempts } from "../../support/waiting";

let emulator: S3Emulator;
let proxy: FaultProxy;
let client: S3Client;
let bucketName: string;
let buckets = 0;

beforeAll(async () => {
  emulator = await startS3Emulator();
});

afterAll(() => emulator.stop());

beforeEach(async () => {
  bucketName = `failures-${++buckets}`;
  await emulator.createBucket(bucketName);
  proxy = await startFaultProxy(emulator.url);
  client = new S3Client({ ...clientSettings, ...emulatorAccess(proxy.url) });
});

afterEach(async () => {
  client.destroy();
  await proxy.stop();
});

describe("RejectionStore", () => {
  it("writes the rejections of a batch as one object, a line each, with everything needed to put them back", async () => {
    const result = await setAside([
      rejection("9", Buffer.from([0x00, 0xff, 0x0a])),
      { ...rejection("10", Buffer.from("第一印象 😀")), reason: "invalid-event", detail: "id: is missing" },
      rejection("11", Buffer.alloc(0), { subSequenceNumber: 0 }),
    ]);

    expect(result).toMatchObject({ written: true, problems: {} });
    const objects = await emulator.objects(bucketName);
    expect(Object.keys(objects)).toEqual([`rejected/${SHARD_ID}/2026/11/23/9-11.ndjson`]);
    const common = {
      reason: "invalid-json",
      detail: "not JSON",
      streamArn: STREAM_ARN,
      shardId: SHARD_ID,
      partitionKey: "ada",
      approximateArrivalTimestamp: "2026-11-23T07:21:57.125Z",
      processorVersion: "1.2.3",
    };
    expect(lines(Object.values(objects)[0])).toEqual([
      { ...common, sequenceNumber: "9", data: "AP8K" },
      {
        ...common,
        sequenceNumber: "10",
        reason: "invalid-event",
        detail: "id: is missing",
        data: Buffer.from("第一印象 😀").toString("base64"),
      },
      { ...common, sequenceNumber: "11", subSequenceNumber: 0, data: "" },
    ]);
  });

  it("dates an object by the first record's arrival in UTC", async () => {
    const arrivedAt = new Date("2026-12-31T23:59:59.999Z");

    await setAside([rejection("1", Buffer.from("{"), { arrivedAt }), rejection("2")]);

    expect(Object.keys(await emulator.objects(bucketName))).toEqual([
      `rejected/${SHARD_ID}/2026/12/31/1-2.ndjson`,
    ]);
  });

  it("overwrites an object when the same batch is processed again", async () => {
    await setAside([rejection("1"), rejection("2")]);
    await setAside([rejection("1"), rejection("2")]);

    const objects = await emulator.objects(bucketName);
    expect(Object.keys(objects)).toEqual([`rejected/${SHARD_ID}/2026/11/23/1-2.ndjson`]);
    expect(lines(Object.values(objects)[0])).toHaveLength(2);
  });

  it("writes nothing when there is nothing to set aside", async () => {
    expect(await setAside([])).toMatchObject({ written: true });
    expect(proxy.requests).toEqual([]);
  });
});

describe("RejectionStore with more than fits in one object", () => {
  const large = (sequenceNumber: string, record: object = {}) =>
    rejection(sequenceNumber, Buffer.alloc(1024 * 1024, "x"), record);
  const keys = async () =>
    Object.keys(await emulator.objects(bucketName)).map((key) => key.slice(key.lastIndexOf("/") + 1));

  it("writes objects of about 4 MB, each named for its own records", async () => {
    const batch = ["1", "2", "3", "4", "5", "6", "7"].map((sequenceNumber) => large(sequenceNumber));

    expect(await setAside(batch)).toMatchObject({ written: true });
    expect(await setAside(batch)).toMatchObject({ written: true });

    expect(await keys()).toEqual(["1-3.ndjson", "4-6.ndjson", "7-7.ndjson"]);
    expect(Object.values(await emulator.objects(bucketName)).map((body) => lines(body).length)).toEqual([
      3, 3, 1,
    ]);
  });

  it("keeps what is rejected of one Kinesis record in one object", async () => {
    const parts = [0, 1, 2, 3, 4, 5].map((subSequenceNumber) => large("2", { subSequenceNumber }));

    await setAside([rejection("1"), ...parts, rejection("3")]);

    expect(await keys()).toEqual(["1-2.ndjson", "3-3.ndjson"]);
  });

  it("stops at the first that cannot be written, and reports that not all are", async () => {
    proxy.inject((request, forward) => forward(request));
    proxy.injectAlways(answerWith(500, "oops"));

    const { written, problems } = await setAside(
      ["1", "2", "3", "4", "5", "6", "7"].map((n) => large(n)),
      {
        attempts: 1,
      },
    );

    expect(written).toBe(false);
    expect(problems).toMatchObject({ "no time was left to set records aside": 3 });
    expect(await keys()).toEqual(["1-3.ndjson"]);
  });
});

describe("RejectionStore when S3 fails", () => {
  it.each<[string, ProxyFault, RegExp]>([
    [
      "was throttled",
      answerWith(503, "<Error><Code>SlowDown</Code><Message>Reduce</Message></Error>"),
      /SlowDown/,
    ],
    ["met an error of the service", answerWith(500, "oops"), /^S3: /],
    ["was reset", resetConnection, /ECONNRESET|hang up/],
    ["had its response lost", loseResponse, /ECONNRESET|hang up/],
  ])("sends a request again that %s", async (_, fault, problem) => {
    proxy.inject(fault, fault);

    const { written, problems, slept } = await setAside([rejection("1")]);

    expect(written).toBe(true);
    expect(Object.keys(await emulator.objects(bucketName))).toHaveLength(1);
    expect(slept).toEqual([50, 100]);
    expect(problems).toEqual({ [Object.keys(problems)[0] ?? ""]: 2 });
    expect(Object.keys(problems)[0]).toMatch(problem);
  });

  it("reports that nothing was written when the bucket cannot be reached until the time is up", async () => {
    proxy.injectAlways(answerWith(500, "oops"));

    const { written, problems } = await setAside([rejection("1"), rejection("2")], { attempts: 3 });

    expect(written).toBe(false);
    expect(problems).toMatchObject({ "no time was left to set records aside": 2 });
    expect(proxy.requests).toHaveLength(3);
  });

  it("cancels a request that is under way when the time is up", async () => {
    const timeUp = new AbortController();
    proxy.injectAlways(() => {
      timeUp.abort();
      return new Promise(() => undefined);
    });
    client.destroy();
    // Without the limits of the function's own client, which would end the request as well.
    client = new S3Client({ maxAttempts: 1, ...emulatorAccess(proxy.url) });

    expect(await setAside([rejection("1")], { timeUp: timeUp.signal })).toMatchObject({
      written: false,
      problems: { "no time was left to set records aside": 1 },
    });
  });
});

function rejection(sequenceNumber: string, data = Buffer.from("{"), record: object = {}): Rejection {
  return {
    reason: "invalid-json",
    detail: "not JSON",
    userRecords: 1,
    record: {
      streamArn: STREAM_ARN,
      shardId: SHARD_ID,
      sequenceNumber,
      partitionKey: "ada",
      arrivedAt: new Date("2026-11-23T07:21:57.125Z"),
      data,
      ...record,
    },
  };
}

/** Sets aside without waiting; the time is up when `timeUp` is aborted, or after so many attempts. */
async function setAside(
  rejections: Rejection[],
  { attempts = 50, timeUp }: { attempts?: number; timeUp?: AbortSignal } = {},
) {
  const time = timeForAttempts(attempts);
  const problems = new Problems();
  const store = new RejectionStore({ bucketName, processorVersion: "1.2.3", client, waiting: time.waiting });
  const written = await store.setAside(rejections, timeUp ?? time.signal, problems);
  return { written, slept: time.slept, problems: Object.fromEntries(problems.counts) };
}

function lines(ndjson = ""): RejectedRecord[] {
  expect(ndjson.endsWith("\n")).toBe(true);
  return ndjson
    .trimEnd()
    .split("\n")
    .map((line) => v.parse(RejectedRecord, JSON.parse(line)));
}
