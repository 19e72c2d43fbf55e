import { GetRecordsCommand, GetShardIteratorCommand } from "@aws-sdk/client-kinesis";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach } from "@jest/globals";
import type { EventItem } from "../../events/event-item";
import { type LocalCloud, startLocalCloud } from "../../local/cloud/local-cloud";
import type { AccessKey } from "../../local/gateway/local-account";
import { redriveCommand } from "../../operator/redrive/options";
import { redrive } from "../../operator/redrive/redrive";
import { type PublishedStack, publishLocalStack, RUN_PATH } from "../../shared/local-stack";
import { type EntryPointRun, type RunningEntryPoint, startEntryPoint } from "./entry-point";
import {
  answerWith,
  type FaultProxy,
  type ProxiedRequest,
  type ProxyFault,
  startFaultProxy,
} from "./fault-proxy";
import { type RunInProcess, startInProcess } from "./in-process";
import { signed } from "./signed-request";
import { synthesizeStack } from "./synthesized-stack";
import { temporaryDirectory } from "./temporary-directory";

/** What redrive asks for; each can be made to fail. */
type Call = "list" | "get" | "put" | "delete" | "putRecords" | "look";

/** A record on the stream, its data as Base64. */
export interface StoredRecord {
  partitionKey: string;
  data: string;
}

/** All that the documentation says the operator needs. */
const OPERATOR_ACTIONS = [
  "s3:ListBucket",
  "s3:GetObject",
  "s3:DeleteObject",
  "s3:PutObject",
  "kinesis:PutRecords",
  "dynamodb:BatchGetItem",
];

/**
 * Gives the tests of a file a local cloud, with a proxy between redrive and it in which calls can fail, and each test
 * an empty failure bucket. The function does not get what is put back: its batches wait for five minutes.
 */
export function useRedriveCloud() {
  let cloud: LocalCloud;
  let proxy: FaultProxy;
  let operator: AccessKey;
  let published: PublishedStack;
  let recordsBefore: number;
  const faults = new CallFaults();

  beforeAll(async () => {
    ({ cloud, operator } = await startCloud());
  });
  afterAll(() => cloud.stop());

  /** Redrive finds the proxy in place of the local cloud. */
  const publish = async () => {
    published = await publishLocalStack(Number(new URL(proxy.url).port), {
      outputs: cloud.outputs,
      operator,
    });
  };

  beforeEach(async () => {
    await emptyBucket(cloud);
    recordsBefore = (await readStream(cloud)).length;
    faults.clear();
    proxy = await startFaultProxy(cloud.endpoint);
    await publish();
    proxy.injectAlways((request, forward) => {
      if (request.path === RUN_PATH) return answerWith(200, published.run)(request, forward);
      const fault = faults.next(callOf(request));
      return fault ? fault(request, signedAgain(request, forward, operator)) : forward(request);
    });
  });
  afterEach(() => Promise.all([published.remove(), proxy.stop()]));

  /** Starts redrive in a process of its own, which can get signals. */
  const start = (...args: string[]): RunningEntryPoint =>
    startEntryPoint("operator/redrive/cli.ts", ["--local", "--port", new URL(proxy.url).port, ...args], {
      cwd: temporaryDirectory(),
    });

  const startHere = (...args: string[]): RunInProcess =>
    startInProcess(redriveCommand().action(redrive), ["--local", "--port", new URL(proxy.url).port, ...args]);

  return {
    get outputs() {
      return cloud.outputs;
    },
    /** The key that redrive gets as the operator's may do what the documentation says it needs, and no more. */
    useKey: async (key: AccessKey) => {
      operator = key;
      await publish();
    },
    start,
    startInProcess: startHere,
    /** Runs redrive in this process. */
    redrive: (...args: string[]): Promise<EntryPointRun> => startHere(...args).ended,
    ...contentsOf(() => cloud),
    /** What was put on the stream in this test, in order. */
    records: async () => (await readStream(cloud)).slice(recordsBefore),
    /** Each of the next calls meets one of the faults, in order; calls after that pass through. */
    inject: (call: Call, ...next: ProxyFault[]) => faults.inject(call, next),
    /** Every call that finds no injected fault meets this one, until it is changed. */
    injectAlways: (call: Call, fault: ProxyFault | undefined) => faults.injectAlways(call, fault),
    /** The calls of a kind that arrived. */
    calls: (call: Call) => proxy.requests.filter((request) => callOf(request) === call),
  };
}

/** Ways to see and to change what the failure bucket and the table hold. */
function contentsOf(cloud: () => LocalCloud) {
  return {
    /** Puts an object into the failure bucket. */
    keep: async (Key: string, Body: string | Buffer) => {
      await cloud().clients.s3.send(new PutObjectCommand({ Bucket: bucketOf(cloud()), Key, Body }));
    },
    /** Writes an item into the table, where it stays. */
    store: async (Item: EventItem) => {
      const { clients, outputs } = cloud();
      const put = new PutCommand({ TableName: outputs.table_name, Item });
      await DynamoDBDocumentClient.from(clients.dynamodb).send(put);
    },
    /** The keys of the failure bucket's objects, sorted. */
    keys: () => keysIn(cloud()),
    /** The objects of the failure bucket, as text, by their key. */
    objects: () => objectsIn(cloud()),
  };
}

/** Starts a local cloud, and gives an operator what redrive needs. */
async function startCloud(): Promise<{ cloud: LocalCloud; operator: AccessKey }> {
  const { file } = synthesizeStack({ batchWindowSeconds: 300, batchSize: 10_000 });
  const logFolder = temporaryDirectory();
  const cloud = await startLocalCloud({ stackFile: file, port: 0, logFolder, onProblem: () => undefined });
  const user = cloud.account.arn("iam", "user/redriver");
  cloud.account.attach(user, [{ Effect: "Allow", Action: OPERATOR_ACTIONS, Resource: ["*"] }]);
  return { cloud, operator: cloud.account.issueKey(user) };
}

/** The faults that the calls of each kind meet. */
class CallFaults {
  readonly #next = new Map<Call, ProxyFault[]>();
  readonly #lasting = new Map<Call, ProxyFault>();

  inject(call: Call, faults: ProxyFault[]): void {
    this.#next.set(call, faults);
  }

  injectAlways(call: Call, fault: ProxyFault | undefined): void {
    if (fault) this.#lasting.set(call, fault);
    else this.#lasting.delete(call);
  }

  next(call: Call | undefined): ProxyFault | undefined {
    return call && (this.#next.get(call)?.shift() ?? this.#lasting.get(call));
  }

  clear(): void {
    this.#next.clear();
    this.#lasting.clear();
  }
}

/** The local cloud checks signatures, so a call that a fault has changed gets a new one. */
function signedAgain(
  original: ProxiedRequest,
  forward: Parameters<ProxyFault>[1],
  key: AccessKey,
): typeof forward {
  return async (request) => {
    if (request.body === original.body) return forward(request);
    const { host = "", "content-type": type = "", "x-amz-target": target = "" } = request.headers;
    const headers = { host, "content-type": type, "x-amz-target": String(target) };
    return forward(await signed("kinesis", Number(host.split(":")[1]), { ...request, headers }, key));
  };
}

function bucketOf({ outputs }: LocalCloud): string {
  return outputs.failure_bucket_name;
}

async function keysIn(cloud: LocalCloud): Promise<string[]> {
  const { Contents = [] } = await cloud.clients.s3.send(
    new ListObjectsV2Command({ Bucket: bucketOf(cloud) }),
  );
  return Contents.map(({ Key = "" }) => Key).sort();
}

async function objectsIn(cloud: LocalCloud): Promise<Record<string, string>> {
  const entries = (await keysIn(cloud)).map(async (Key) => {
    const { Body } = await cloud.clients.s3.send(new GetObjectCommand({ Bucket: bucketOf(cloud), Key }));
    return [Key, await Body?.transformToString()];
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function emptyBucket(cloud: LocalCloud): Promise<void> {
  for (const Key of await keysIn(cloud))
    await cloud.clients.s3.send(new DeleteObjectCommand({ Bucket: bucketOf(cloud), Key }));
}

function callOf({ method, path, headers }: ProxiedRequest): Call | undefined {
  if (headers["x-amz-target"] === "Kinesis_20131202.PutRecords") return "putRecords";
  if (headers["x-amz-target"] === "DynamoDB_20120810.BatchGetItem") return "look";
  if (headers["x-amz-target"] !== undefined || path === RUN_PATH) return undefined;
  if (method === "DELETE") return "delete";
  if (method === "PUT") return "put";
  return path.includes("list-type=2") ? "list" : "get";
}

async function readStream({ clients, outputs }: LocalCloud): Promise<StoredRecord[]> {
  const { ShardIterator } = await clients.kinesis.send(
    new GetShardIteratorCommand({
      StreamName: outputs.stream_name,
      ShardId: "shardId-000000000000",
      ShardIteratorType: "TRIM_HORIZON",
    }),
  );
  const records: StoredRecord[] = [];
  let iterator = ShardIterator;
  while (iterator) {
    const page = await clients.kinesis.send(new GetRecordsCommand({ ShardIterator: iterator }));
    if (page.Records?.length === 0) break;
    for (const { PartitionKey: partitionKey = "", Data = new Uint8Array() } of page.Records ?? [])
      records.push({ partitionKey, data: Buffer.from(Data).toString("base64") });
    iterator = page.NextShardIterator;
  }
  return records;
}

const ARRIVAL = Date.parse("2026-11-23T07:00:00Z");

/** A record that the event processor rejected, as a line of an object; with other values where they are given. */
export function rejectedLine(
  text: string,
  {
    reason = "invalid-json",
    partitionKey = "ada",
    minute = 0,
  }: { reason?: string; partitionKey?: string; minute?: number } = {},
): string {
  return `${JSON.stringify({
    reason,
    detail: "the bytes are not JSON",
    streamArn: "arn:aws:kinesis:us-east-1:000000000000:stream/any",
    shardId: "shardId-000000000000",
    sequenceNumber: "1",
    partitionKey,
    approximateArrivalTimestamp: new Date(ARRIVAL + minute * 60_000).toISOString(),
    data: base64(text),
    processorVersion: "1.0.0",
  })}\n`;
}

/** A failed batch, as Lambda's on-failure object. */
export function failedBatchObject(
  texts: readonly string[],
  { condition = "RetryAttemptsExhausted", minute = 0 } = {},
) {
  const Records = texts.map((text, index) => ({
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey: "grace",
      sequenceNumber: String(index),
      data: base64(text),
      approximateArrivalTimestamp: ARRIVAL / 1000 + minute * 60,
    },
    eventSource: "aws:kinesis",
    eventID: `shardId-000000000000:${index}`,
  }));
  return JSON.stringify({
    requestContext: { requestId: "r", functionArn: "f", condition, approximateInvokeCount: 31 },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    version: "1.0",
    timestamp: "2026-11-23T07:30:00.000Z",
    KinesisBatchInfo: { shardId: "shardId-000000000000", batchSize: texts.length },
    payload: JSON.stringify({ Records }),
  });
}

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
