import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach } from "@jest/globals";
import type { KinesisStreamRecord } from "aws-lambda";
import { type BatchResult, processBatch } from "../../functions/event-processor/batch-processor";
import { clientSettings } from "../../functions/event-processor/client-settings";
import { EventWriter } from "../../functions/event-processor/event-writer";
import { RejectionStore } from "../../functions/event-processor/rejection-store";
import { emulatorAccess } from "./aws-access";
import { type DynamoDbEmulator, startDynamoDbEmulator } from "./dynamodb-emulator";
import { type FaultProxy, startFaultProxy } from "./fault-proxy";
import { kinesisRecord } from "./kinesis-event";
import { post } from "./posts";
import { type S3Emulator, startS3Emulator } from "./s3-emulator";
import { timeForAttempts } from "./waiting";

interface Conditions {
  /** The time to write, and to set aside, is up after so many waits. */
  attempts?: number;
  writing?: AbortSignal;
  loadRejectionStore?: () => Promise<RejectionStore>;
}

/** Gives each test of a file a table and a bucket of its own, with a fault proxy before each. */
export function useBatchProcessor() {
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

  return {
    get table() {
      return table;
    },

    get bucket() {
      return bucket;
    },

    async process(batch: readonly KinesisStreamRecord[], conditions: Conditions = {}): Promise<BatchResult> {
      const { attempts = 3, writing, loadRejectionStore } = conditions;
      const toWrite = timeForAttempts(attempts);
      const toSetAside = timeForAttempts(attempts);
      const dynamoDbClient = new DynamoDBClient({ ...clientSettings, ...emulatorAccess(table.url) });
      const client = new S3Client({ ...clientSettings, ...emulatorAccess(bucket.url) });
      const { waiting } = toSetAside;
      const store = async () =>
        new RejectionStore({ bucketName: name, processorVersion: "1", client, waiting });
      try {
        return await processBatch(
          batch,
          {
            writer: new EventWriter(DynamoDBDocumentClient.from(dynamoDbClient), name, toWrite.waiting),
            loadRejectionStore: loadRejectionStore ?? store,
            timeToLiveDays: 0,
          },
          { writing: writing ?? toWrite.signal, settingAside: toSetAside.signal },
        );
      } finally {
        dynamoDbClient.destroy();
        client.destroy();
      }
    },

    storedItems: () => dynamoDb.items(name),

    storedIds: async (): Promise<string[]> => (await dynamoDb.items(name)).map(({ Id }) => Id),

    /** The records in the failure bucket, as `<sequence number>` or `<sequence number>/<subsequence number>`. */
    setAsideRecords: async (): Promise<string[]> =>
      Object.values(await s3.objects(name)).flatMap((ndjson) => ndjson.trimEnd().split("\n").map(nameOfLine)),
  };
}

function nameOfLine(line: string): string {
  const { sequenceNumber, subSequenceNumber } = JSON.parse(line);
  return subSequenceNumber === undefined ? sequenceNumber : `${sequenceNumber}/${subSequenceNumber}`;
}

export const good = (sequenceNumber: string, values = {}): KinesisStreamRecord =>
  kinesisRecord(post({ id: sequenceNumber, ...values }), { sequenceNumber });

export const bad = (sequenceNumber: string): KinesisStreamRecord =>
  kinesisRecord("not JSON", { sequenceNumber });

export function neverLoaded(): Promise<RejectionStore> {
  throw new Error("The rejection store was loaded.");
}
