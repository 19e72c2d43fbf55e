import {
  CreateStreamCommand,
  KinesisClient,
  MergeShardsCommand,
  PutRecordCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import kinesalite from "kinesalite";
import { close, listen } from "../../test-servers/listen";
import { emulatorAccess } from "./aws-access";
import { type ProxiedRequest, type ProxyFault, startFaultProxy } from "./fault-proxy";

/** A request that the stream answered. */
export interface StreamCall {
  operation: string;
  input: Record<string, unknown>;
  output: Record<string, unknown>;
}

export interface StreamEmulator {
  /** Knows streams by their ARNs too. */
  client: KinesisClient;
  /** Every call that was answered, in order. */
  calls: readonly StreamCall[];
  /** Sets what is called with every answered call, before the caller gets the answer. */
  onCall(listener: (call: StreamCall) => void): void;
  /** The next call of an operation meets the fault. */
  failNext(operation: string, fault: ProxyFault): void;
  createStream(name: string, shardCount: number): Promise<string>;
  /** Puts one record for each letter, in order, under one partition key. */
  put(stream: string, letters: string, partitionKey?: string): Promise<void>;
  /** Splits the only shard of a stream in the middle. */
  split(stream: string): Promise<void>;
  /** Merges the two shards of a stream. */
  merge(stream: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts kinesalite in this process, behind a proxy that translates ARNs, which kinesalite does not know. */
export async function startStreamEmulator(): Promise<StreamEmulator> {
  const emulator = kinesalite({ createStreamMs: 0, updateStreamMs: 0, shardLimit: 100 });
  const url = await listen(emulator);
  const proxy = await startFaultProxy(url);
  const calls: StreamCall[] = [];
  const faults = new Map<string, ProxyFault>();
  let listener: (call: StreamCall) => void = () => undefined;

  proxy.injectAlways(async (request, forward) => {
    const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
    const fault = faults.get(operation);
    faults.delete(operation);
    if (fault) return fault(request, forward);

    const input = inputOf(request);
    const answer = await forward({ ...request, body: Buffer.from(JSON.stringify(input)) });
    const call = { operation, input, output: JSON.parse(answer.body.toString() || "{}") };
    calls.push(call);
    listener(call);
    return answer;
  });

  const client = new KinesisClient({
    ...emulatorAccess(proxy.url),
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
  return {
    client,
    calls,
    onCall: (onCall) => {
      listener = onCall;
    },
    failNext: (operation, fault) => void faults.set(operation, fault),
    async createStream(StreamName, ShardCount) {
      await client.send(new CreateStreamCommand({ StreamName, ShardCount }));
      return `arn:aws:kinesis:eu-west-1:123456789012:stream/${StreamName}`;
    },
    async put(StreamName, letters, PartitionKey = "ada") {
      for (const letter of letters)
        await client.send(new PutRecordCommand({ StreamName, PartitionKey, Data: Buffer.from(letter) }));
    },
    async split(StreamName) {
      const NewStartingHashKey = String(2n ** 127n);
      await client.send(
        new SplitShardCommand({ StreamName, ShardToSplit: "shardId-000000000000", NewStartingHashKey }),
      );
    },
    async merge(StreamName) {
      await client.send(
        new MergeShardsCommand({
          StreamName,
          ShardToMerge: "shardId-000000000000",
          AdjacentShardToMerge: "shardId-000000000001",
        }),
      );
    },
    async stop() {
      client.destroy();
      await proxy.stop();
      await close(emulator);
    },
  };
}

function inputOf({ body }: ProxiedRequest): Record<string, unknown> {
  const { StreamARN, ...input } = JSON.parse(body.toString());
  if (StreamARN === undefined || input.ShardIterator !== undefined) return input;
  return { ...input, StreamName: StreamARN.split("/")[1] };
}
