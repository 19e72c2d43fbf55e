import { CreateStreamCommand, type KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { StreamWriter } from "../kinesis-writer/stream-writer";
import { createClients } from "../local/gateway/clients";
import { startEmulators } from "../local/gateway/emulators";
import { PRODUCER } from "../producer/caller";
import { compare } from "./compare";
import { loopbackEndpoint } from "./loopback-endpoint";
import { bytesOf, posts } from "./records";

const COUNT = 2000;
const StreamName = "bench";

/** How fast the producer's stream writer puts records, compared with one call per record. */
export async function benchPutting(): Promise<void> {
  const emulators = await startEmulators();
  const credentials = { accessKeyId: "bench", secretAccessKey: "bench" };
  const endpoint = await loopbackEndpoint(emulators.sockets.kinesis);
  const { kinesis } = createClients(endpoint, "us-east-1", credentials);
  await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  const records = posts(COUNT).map((post) => ({ partitionKey: post.username, data: bytesOf(post) }));

  const oneByOne = async () => {
    for (const { data, partitionKey } of records.slice(0, 100))
      await kinesis.send(new PutRecordCommand({ StreamName, PartitionKey: partitionKey, Data: data }));
  };
  await compare("Putting records", [
    { name: "PutRecord, one by one", records: 100, run: oneByOne },
    { name: "the producer's stream writer", records: COUNT, run: () => putAll(kinesis, records) },
  ]);
  await emulators.stop();
}

async function putAll(
  client: KinesisClient,
  records: readonly { partitionKey: string; data: Buffer }[],
): Promise<void> {
  const writer = new StreamWriter({
    client,
    stream: { streamName: StreamName, region: "us-east-1" },
    caller: PRODUCER,
    outcomes: {
      onAcknowledged: () => undefined,
      onResend: () => undefined,
      onUndelivered: async () => undefined,
    },
    abort: new AbortController().signal,
    maxAgeMs: 60_000,
  });
  for (const record of records) await writer.put(record);
  await writer.close();
}
