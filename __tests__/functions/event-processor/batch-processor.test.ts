import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { KinesisStreamRecord } from "aws-lambda";
import { type BatchResult, processBatch } from "../../../functions/event-processor/batch-processor";
import { clientSettings } from "../../../functions/event-processor/client-settings";
import { EventWriter } from "../../../functions/event-processor/event-writer";
import { RejectionStore } from "../../../functions/event-processor/rejection-store";
import { emulatorAccess } from "../../support/aws-access";
import { type DynamoDbEmulator, startDynamoDbEmulator } from "../../support/dynamodb-emulator";
import { leaveUnprocessed, throttle } from "../../support/dynamodb-faults";
import { answerWith, type FaultProxy, startFaultProxy } from "../../support/fault-proxy";
import { kinesisRecord } from "../../support/kinesis-event";
import { aggregate } from "../../support/kpl";
import { post } from "../../support/posts";
import { type S3Emulator, startS3Emulator } from "../../support/s3-emulator";
import { timeForAttempts } from "../../support/waiting";

let dynamoDb: DynamoDbEmulator;
let s3: S3Emulator;
let table: FaultProxy;
let bucket: FaultProxy;
let name: string;
let runs = 0;

beforeAll(async () => {
  [dynamoDb, s3] = await Promise.all([startDynamoDbEmulator(), startS3Emulator()]);
});

afterAll(() => Promise.all([dynamoDb.stop(), s3.stop()]));

beforeEach(async () => {
  name = `run-${++runs}`;
  await Promise.all([dynamoDb.createTable(name), s3.createBucket(name)]);
  [table, bucket] = await Promise.all([startFaultProxy(dynamoDb.url), startFaultProxy(s3.url)]);
});

afterEach(() => Promise.all([table.stop(), bucket.stop()]));

describe("processBatch", () => {
  it("stores the good records, sets the bad ones aside, and leaves nothing to retry", async () => {
    const result = await process([
      good("1"),
      bad("2"),
      good("3"),
      kinesisRecord(post({ id: "x".repeat(1025) }), { sequenceNumber: "4" }),
    ]);

    expect(await storedIds()).toEqual(["1", "3"]);
    expect(await setAsideRecords()).toEqual(["2", "4"]);
    expect(result).toMatchObject({ received: 4, stored: 2, retried: 0, failed: [] });
    expect(result.rejected.map(({ reason }) => reason)).toEqual(["invalid-json", "item-too-large"]);
  });

  it("never touches the failure bucket when all records are good", async () => {
    const result = await process([good("1"), good("2")], { loadRejectionStore: neverLoaded });

    expect(result).toMatchObject({ received: 2, stored: 2, rejected: [], failed: [] });
  });

  it("touches nothing when there are no records", async () => {
    expect(await process([], { loadRejectionStore: neverLoaded })).toMatchObject({ received: 0, failed: [] });
    expect(table.requests).toEqual([]);
  });

  it("sets aside what DynamoDB calls invalid", async () => {
    table.injectAlways((request, forward) =>
      request.body.includes('"S":"invalid"')
        ? answerWith(400, {
            __type: "ValidationException",
            message: "One or more parameter values were invalid",
          })(request, forward)
        : forward(request),
    );

    const result = await process([good("1"), good("2", { text: "invalid" }), good("3")]);

    expect(await storedIds()).toEqual(["1", "3"]);
    expect(await setAsideRecords()).toEqual(["2"]);
    expect(result).toMatchObject({
      stored: 2,
      failed: [],
      rejected: [{ reason: "invalid-item", detail: "One or more parameter values were invalid" }],
    });
  });

  it("settles a large batch in which every fifth record is undecodable", async () => {
    const batch = Array.from({ length: 1000 }, (_, n) => (n % 5 === 0 ? bad(`${n}`) : good(`${n}`)));
    table.inject(
      throttle,
      leaveUnprocessed((id) => id.endsWith("3")),
      answerWith(500, "oops"),
    );

    const result = await process(batch, { attempts: 50 });

    expect(result).toMatchObject({ received: 1000, stored: 800, failed: [] });
    expect((await storedIds()).length).toBe(800);
    expect(await setAsideRecords()).toEqual(Array.from({ length: 200 }, (_, n) => `${n * 5}`));
    expect(bucket.requests).toHaveLength(1);
  });
});

describe("processBatch with the same key twice in the batch", () => {
  it("stores the newest, and counts both as stored", async () => {
    const result = await process([good("1", { id: "a", text: "old" }), good("2", { id: "a", text: "new" })]);

    expect(result).toMatchObject({ stored: 2, failed: [] });
    expect(await dynamoDb.items(name)).toMatchObject([{ Id: "a", Message: "new" }]);
  });

  it("reports both as failed when the newest could not be written", async () => {
    table.injectAlways(leaveUnprocessed((id) => id === "a"));

    const result = await process([good("1", { id: "a" }), good("2"), good("3", { id: "a" })]);

    expect(result).toMatchObject({ stored: 1, failed: ["1", "3"] });
  });
});

describe("processBatch when a record could not be stored in time", () => {
  it("reports just that record", async () => {
    table.injectAlways(leaveUnprocessed((id) => id === "2"));

    const result = await process([good("1"), good("2"), good("3")]);

    expect(await storedIds()).toEqual(["1", "3"]);
    expect(result).toMatchObject({ stored: 2, failed: ["2"] });
  });

  it("sets aside what came before it only: the rest comes again with the retry", async () => {
    table.injectAlways(leaveUnprocessed((id) => id === "100"));

    const result = await process([bad("9"), bad("99"), good("100"), bad("101"), bad("1000")]);

    expect(await setAsideRecords()).toEqual(["9", "99"]);
    expect(result.rejected).toHaveLength(2);
    expect(result.failed).toEqual(["100"]);
  });

  it("sets nothing aside when it was the first", async () => {
    table.injectAlways(throttle);

    const result = await process([good("9"), bad("10"), good("11")], { loadRejectionStore: neverLoaded });

    expect(result).toMatchObject({ stored: 0, rejected: [], failed: ["9", "11"] });
  });

  it("reports every valid record when no time is left at the start", async () => {
    const result = await process([good("1"), bad("2"), good("3")], { writing: AbortSignal.abort() });

    expect(result).toMatchObject({ stored: 0, rejected: [], failed: ["1", "3"] });
    expect(table.requests).toEqual([]);
  });
});

describe("processBatch when rejected records could not be set aside", () => {
  it("reports them as failed", async () => {
    bucket.injectAlways(answerWith(500, "oops"));

    const result = await process([good("1"), bad("2"), good("3"), bad("4")]);

    expect(await storedIds()).toEqual(["1", "3"]);
    expect(result).toMatchObject({ stored: 2, rejected: [], failed: ["2", "4"] });
  });

  it("reports them together with those that could not be stored", async () => {
    bucket.injectAlways(answerWith(500, "oops"));
    table.injectAlways(leaveUnprocessed((id) => id === "3"));

    expect(await process([good("1"), bad("2"), good("3"), bad("4")])).toMatchObject({
      stored: 1,
      rejected: [],
      failed: ["3", "2"],
    });
  });

  it("loses nothing when the batch is processed again", async () => {
    bucket.injectAlways(answerWith(500, "oops"));
    const batch = [good("1"), bad("2"), good("3"), bad("4")];
    await process(batch);
    bucket.injectAlways(undefined);

    expect(await process(batch.slice(1))).toMatchObject({ failed: [] });
    expect(await storedIds()).toEqual(["1", "3"]);
    expect(await setAsideRecords()).toEqual(["2", "4"]);
  });
});

describe("processBatch with KPL-aggregated records", () => {
  const aggregated = async (sequenceNumber: string, ...data: (string | object)[]) =>
    kinesisRecord(
      await aggregate(
        data.map((value) => ({
          partitionKey: "ada",
          data: typeof value === "string" ? value : JSON.stringify(value),
        })),
      ),
      { sequenceNumber },
    );

  it("stores each good user record and sets each bad one aside", async () => {
    const result = await process([
      await aggregated("1", post({ id: "a" }), "bad", post({ id: "b" })),
      good("2"),
    ]);

    expect(await storedIds()).toEqual(["2", "a", "b"]);
    expect(await setAsideRecords()).toEqual(["1/1"]);
    expect(result).toMatchObject({ received: 4, stored: 3, failed: [] });
  });

  it("reports the whole record when one user record could not be stored, and sets nothing of it aside", async () => {
    table.injectAlways(leaveUnprocessed((id) => id === "b"));

    const result = await process([
      bad("1"),
      await aggregated("2", "bad", post({ id: "a" }), post({ id: "b" })),
      good("3"),
    ]);

    expect(await storedIds()).toEqual(["3", "a"]);
    expect(await setAsideRecords()).toEqual(["1"]);
    expect(result).toMatchObject({ stored: 2, failed: ["2"] });
  });

  it("sets an aggregate aside as a whole if most of it is rejected, and stores the rest", async () => {
    const result = await process([
      await aggregated("1", post({ id: "a" }), ...Array(100).fill("{"), post({ id: "b" })),
      bad("2"),
    ]);

    expect(await storedIds()).toEqual(["a", "b"]);
    expect(await setAsideRecords()).toEqual(["1", "2"]);
    expect(result).toMatchObject({ received: 103, stored: 2, failed: [] });
    expect(result.rejected.map(({ userRecords }) => userRecords)).toEqual([100, 1]);
  });

  it("reports a record once, however many of its user records failed", async () => {
    table.injectAlways(throttle);

    expect(await process([await aggregated("2", post({ id: "a" }), post({ id: "b" }))])).toMatchObject({
      failed: ["2"],
    });
  });
});

const good = (sequenceNumber: string, values = {}): KinesisStreamRecord =>
  kinesisRecord(post({ id: sequenceNumber, ...values }), { sequenceNumber });

const bad = (sequenceNumber: string): KinesisStreamRecord => kinesisRecord("not JSON", { sequenceNumber });

function neverLoaded(): Promise<RejectionStore> {
  throw new Error("The rejection store was loaded.");
}

interface Conditions {
  /** The time to write, and to set aside, is up after so many waits. */
  attempts?: number;
  writing?: AbortSignal;
  loadRejectionStore?: () => Promise<RejectionStore>;
}

async function process(
  batch: readonly KinesisStreamRecord[],
  { attempts = 3, ...conditions }: Conditions = {},
): Promise<BatchResult> {
  const writing = timeForAttempts(attempts);
  const settingAside = timeForAttempts(attempts);
  const dynamoDbClient = new DynamoDBClient({ ...clientSettings, ...emulatorAccess(table.url) });
  const client = new S3Client({ ...clientSettings, ...emulatorAccess(bucket.url) });
  try {
    return await processBatch(
      batch,
      {
        writer: new EventWriter(DynamoDBDocumentClient.from(dynamoDbClient), name, writing.waiting),
        loadRejectionStore: async () =>
          new RejectionStore({
            bucketName: name,
            processorVersion: "1",
            client,
            waiting: settingAside.waiting,
          }),
        timeToLiveDays: 0,
        ...conditions,
      },
      { writing: conditions.writing ?? writing.signal, settingAside: settingAside.signal },
    );
  } finally {
    dynamoDbClient.destroy();
    client.destroy();
  }
}

async function storedIds(): Promise<string[]> {
  return (await dynamoDb.items(name)).map(({ Id }) => Id);
}

/** The records in the failure bucket, as `<sequence number>` or `<sequence number>/<subsequence number>`. */
async function setAsideRecords(): Promise<string[]> {
  return Object.values(await s3.objects(name)).flatMap((ndjson) =>
    ndjson
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .map(({ sequenceNumber, subSequenceNumber: sub }) =>
        sub === undefined ? sequenceNumber : `${sequenceNumber}/${sub}`,
      ),
  );
}
