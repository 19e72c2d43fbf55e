import {
  CreateStreamCommand,
  DeleteStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  waitUntilStreamNotExists,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import kinesalite from "kinesalite";
import { close, listen } from "../../test-servers/listen";
import { emulatorAccess } from "./aws-access";
import { answerWith, type ProxiedRequest, type ProxyFault, startFaultProxy } from "./fault-proxy";

export const STREAM_NAME = "posts";

/** A record on the stream. */
export interface StoredRecord {
  partitionKey: string;
  data: Buffer;
  /** Known once it is read from the stream. */
  sequenceNumber?: string | undefined;
}

export interface KinesisServer {
  url: string;
  /** The records of every PutRecords call that arrived, in order. */
  calls(): StoredRecord[][];
  /** Each of the next PutRecords calls meets one of the faults, in order; calls after that pass through. */
  inject(...faults: ProxyFault[]): void;
  /** Every PutRecords call that finds no injected fault meets this one, until it is changed. */
  injectAlways(fault: ProxyFault | undefined): void;
  /** Every record on the stream, in order. */
  records(): Promise<(StoredRecord & { sequenceNumber: string })[]>;
  /** Deletes the stream, and creates an empty one of the same name, as if it were this much later. */
  createStreamAgain(laterMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts kinesalite in this process with an empty stream of one shard, behind a proxy that can fail PutRecords. */
export async function startKinesisServer(): Promise<KinesisServer> {
  const emulator = kinesalite({ createStreamMs: 0, deleteStreamMs: 0 });
  const emulatorUrl = await listen(emulator);
  const client = new KinesisClient({ ...emulatorAccess(emulatorUrl), requestHandler: new NodeHttpHandler() });
  await client.send(new CreateStreamCommand({ StreamName: STREAM_NAME, ShardCount: 1 }));

  const proxy = await startFaultProxy(emulatorUrl);
  const queue: ProxyFault[] = [];
  let lasting: ProxyFault = passThrough;
  proxy.injectAlways((request, forward) => {
    const fault = isPutRecords(request) ? (queue.shift() ?? lasting) : passThrough;
    return fault(request, forward);
  });

  return {
    url: proxy.url,
    calls: () => proxy.requests.filter(isPutRecords).map(recordsOf),
    inject: (...faults) => void queue.push(...faults),
    injectAlways: (fault = passThrough) => {
      lasting = fault;
    },
    records: () => readStream(client),
    async createStreamAgain(laterMs) {
      await client.send(new DeleteStreamCommand({ StreamName: STREAM_NAME }));
      await waitUntilStreamNotExists(
        { client, maxWaitTime: 20, minDelay: 0.01 },
        { StreamName: STREAM_NAME },
      );
      const { now } = Date;
      Date.now = () => now() + laterMs;
      await client.send(new CreateStreamCommand({ StreamName: STREAM_NAME, ShardCount: 1 })).finally(() => {
        Date.now = now;
      });
    },
    async stop() {
      client.destroy();
      await proxy.stop();
      await close(emulator);
    },
  };
}

/** Kinesis stores the call's records, except those at these places, which fail with the code. */
export function failEntries(
  places: readonly number[],
  code = "ProvisionedThroughputExceededException",
): ProxyFault {
  return async (request, forward) => {
    if (places.length >= recordsOf(request).length) return failAll(code)(request, forward);
    const body = JSON.parse(request.body.toString());
    const kept = body.Records.filter((_: unknown, index: number) => !places.includes(index));
    const answer = await forward({
      ...request,
      body: Buffer.from(JSON.stringify({ ...body, Records: kept })),
    });
    const results = JSON.parse(answer.body.toString()).Records;
    const merged = body.Records.map((_: unknown, index: number) =>
      places.includes(index) ? { ErrorCode: code, ErrorMessage: "Rate exceeded" } : results.shift(),
    );
    return {
      ...answer,
      body: Buffer.from(JSON.stringify({ FailedRecordCount: places.length, Records: merged })),
    };
  };
}

/** Kinesis answers 200 and stores nothing. */
export function failAll(code = "ProvisionedThroughputExceededException"): ProxyFault {
  return (request, forward) => {
    const { length } = recordsOf(request);
    const Records = Array.from({ length }, () => ({ ErrorCode: code, ErrorMessage: "Rate exceeded" }));
    return answerWith(200, { FailedRecordCount: length, Records })(request, forward);
  };
}

/** Kinesis answers the whole call with HTTP 400 and this error, and stores nothing. */
export function failCall(type: string, message = "no"): ProxyFault {
  return answerWith(400, { __type: type, message });
}

const passThrough: ProxyFault = (request, forward) => forward(request);

function isPutRecords(request: ProxiedRequest): boolean {
  return request.headers["x-amz-target"] === "Kinesis_20131202.PutRecords";
}

function recordsOf(request: ProxiedRequest): StoredRecord[] {
  const { Records } = JSON.parse(request.body.toString()) as {
    Records: { Data: string; PartitionKey: string }[];
  };
  return Records.map(({ Data, PartitionKey }) => ({
    partitionKey: PartitionKey,
    data: Buffer.from(Data, "base64"),
  }));
}

async function readStream(client: KinesisClient): ReturnType<KinesisServer["records"]> {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName: STREAM_NAME,
      ShardId: "shardId-000000000000",
      ShardIteratorType: "TRIM_HORIZON",
    }),
  );
  const records: Awaited<ReturnType<KinesisServer["records"]>> = [];
  let iterator = ShardIterator;
  while (iterator) {
    const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
    for (const { PartitionKey = "", SequenceNumber = "", Data = new Uint8Array() } of page.Records ?? [])
      records.push({ partitionKey: PartitionKey, sequenceNumber: SequenceNumber, data: Buffer.from(Data) });
    if (page.Records?.length === 0 && page.MillisBehindLatest === 0) break;
    iterator = page.NextShardIterator;
  }
  return records;
}
