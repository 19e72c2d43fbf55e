import { randomUUID } from "node:crypto";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { PutRecordCommand } from "@aws-sdk/client-kinesis";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Attributes } from "../../local/commands/reconciliation/expected-item";
import {
  type Counts,
  type ReconciliationInput,
  reconcile,
} from "../../local/commands/reconciliation/reconciliation";
import { readStream, recordId } from "../../local/commands/reconciliation/stack-contents";
import { emulatorAccess } from "./aws-access";
import { startDynamoDbEmulator } from "./dynamodb-emulator";
import { startS3Emulator } from "./s3-emulator";
import { type StreamEmulator, startStreamEmulator } from "./stream-emulator";

/** A record that was put on the stream of a `ReconciledStack`. */
export interface PutRecord {
  id: string;
  shardId: string;
  sequenceNumber: string;
  partitionKey: string;
  data: Buffer;
}

/** Emulators that hold a stream, a table and a failure bucket for each test, filled by hand. */
export class ReconciledEmulators {
  readonly stream: StreamEmulator;
  readonly dynamodb: DynamoDBClient;
  readonly s3: S3Client;
  readonly #createTable: (name: string) => Promise<void>;
  readonly #createBucket: (name: string) => Promise<void>;
  readonly #stop: () => Promise<void>;

  private constructor(
    stream: StreamEmulator,
    table: Awaited<ReturnType<typeof startDynamoDbEmulator>>,
    bucket: Awaited<ReturnType<typeof startS3Emulator>>,
  ) {
    this.stream = stream;
    this.dynamodb = new DynamoDBClient(emulatorAccess(table.url));
    this.s3 = new S3Client({ ...emulatorAccess(bucket.url), forcePathStyle: true });
    this.#createTable = table.createTable;
    this.#createBucket = bucket.createBucket;
    this.#stop = async () => {
      this.dynamodb.destroy();
      this.s3.destroy();
      await Promise.all([stream.stop(), table.stop(), bucket.stop()]);
    };
  }

  static async start(): Promise<ReconciledEmulators> {
    const [stream, table, bucket] = await Promise.all([
      startStreamEmulator(),
      startDynamoDbEmulator(),
      startS3Emulator(),
    ]);
    return new ReconciledEmulators(stream, table, bucket);
  }

  /** A new stream of one shard, a new table and a new bucket, all empty. */
  async stack(): Promise<ReconciledStack> {
    const name = `test-${randomUUID()}`;
    await Promise.all([this.stream.createStream(name, 1), this.#createTable(name), this.#createBucket(name)]);
    return new ReconciledStack(name, this);
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}

export class ReconciledStack {
  readonly #name: string;
  readonly #emulators: ReconciledEmulators;
  readonly #acknowledged = new Set<string>();

  constructor(name: string, emulators: ReconciledEmulators) {
    this.#name = name;
    this.#emulators = emulators;
  }

  get name(): string {
    return this.#name;
  }

  /** Puts a record whose acknowledgement the producer receives. */
  async put(data: string | Buffer | object, partitionKey = "ada"): Promise<PutRecord> {
    const record = await this.putUnacknowledged(data, partitionKey);
    this.acknowledge(record.id);
    return record;
  }

  /** Puts a record whose acknowledgement is lost. */
  async putUnacknowledged(data: string | Buffer | object, partitionKey = "ada"): Promise<PutRecord> {
    const isBytes = typeof data === "string" || Buffer.isBuffer(data);
    const bytes = Buffer.from(isBytes ? data : JSON.stringify(data));
    const { ShardId: shardId = "", SequenceNumber: sequenceNumber = "" } =
      await this.#emulators.stream.client.send(
        new PutRecordCommand({ StreamName: this.#name, PartitionKey: partitionKey, Data: bytes }),
      );
    const id = recordId(shardId, sequenceNumber);
    return { id, shardId, sequenceNumber, partitionKey, data: bytes };
  }

  acknowledge(id: string): void {
    this.#acknowledged.add(id);
  }

  /** When Kinesis received a record, in milliseconds since the epoch. */
  async arrivedMs({ id }: PutRecord): Promise<number> {
    for await (const record of readStream(this.#emulators.stream.client, this.#name))
      if (record.id === id) return record.arrivedMs;
    throw new Error(`no record ${id}`);
  }

  async store(item: Attributes): Promise<void> {
    await this.#emulators.dynamodb.send(new PutItemCommand({ TableName: this.#name, Item: { ...item } }));
  }

  async putObject(key: string, body: string): Promise<void> {
    await this.#emulators.s3.send(new PutObjectCommand({ Bucket: this.#name, Key: key, Body: body }));
  }

  /** Sets records aside as the function does, one object for all. @param values in place of the record's own */
  async reject(records: readonly PutRecord[], values: object = {}): Promise<void> {
    const lines = records.map(({ shardId, sequenceNumber, partitionKey, data }) =>
      JSON.stringify({
        reason: "invalid-json",
        detail: "the 3 bytes are not JSON",
        streamArn: "arn:aws:kinesis:eu-west-1:123456789012:stream/test",
        shardId,
        sequenceNumber,
        partitionKey,
        approximateArrivalTimestamp: "2026-11-23T07:21:57.000Z",
        data: data.toString("base64"),
        processorVersion: "1.0.0",
        ...values,
      }),
    );
    await this.putObject(`rejected/${randomUUID()}.ndjson`, `${lines.join("\n")}\n`);
  }

  /** Sets a batch aside as Lambda does. @param values in place of the records' own */
  async failBatch(records: readonly PutRecord[], values: object = {}): Promise<void> {
    const Records = records.map(({ id, partitionKey, data }) => ({
      eventID: id,
      kinesis: {
        partitionKey,
        data: data.toString("base64"),
        approximateArrivalTimestamp: 1,
        ...values,
      },
    }));
    const requestContext = { condition: "RetryAttemptsExhausted" };
    await this.putObject(
      `aws/lambda/${randomUUID()}`,
      JSON.stringify({ requestContext, payload: JSON.stringify({ Records }) }),
    );
  }

  reconcile(options: Partial<Pick<ReconciliationInput, "timeToLiveDays" | "mayBeRejected">> = {}) {
    const { stream, dynamodb, s3 } = this.#emulators;
    return reconcile({
      clients: { kinesis: stream.client, dynamodb, s3 },
      outputs: { stream_name: this.#name, table_name: this.#name, failure_bucket_name: this.#name },
      timeToLiveDays: 0,
      acknowledged: this.#acknowledged,
      mayBeRejected: () => false,
      ...options,
    });
  }
}

/** Counts of which all but these are 0. */
export function counts(values: Partial<Counts>): Counts {
  return {
    produced: 0,
    stored: 0,
    rejected: 0,
    failed: 0,
    lost: 0,
    different: 0,
    stray: 0,
    duplicates: 0,
    ...values,
  };
}

/** What a reconciliation finds if these counts are all that there is to say. */
export function nothingBut(values: Partial<Counts>) {
  return {
    counts: counts(values),
    wronglyRejected: 0,
    reasons: { rejected: [], failed: [] },
    differences: [],
  };
}
