import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  PutRecordsCommand,
  type Shard,
} from "@aws-sdk/client-kinesis";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import type { Chaos } from "../../local/chaos/chaos";
import type { FaultKind, PerFaultKind } from "../../local/chaos/fault-kind";
import type { FaultRates } from "../../local/chaos/strike-plan";
import { type Clients, createClients } from "../../local/gateway/clients";
import { type Emulators, startEmulators } from "../../local/gateway/emulators";
import { startGateway } from "../../local/gateway/gateway";
import type { HttpServer } from "../../local/gateway/http-server";
import { LocalAccount } from "../../local/gateway/local-account";
import { quietChaos } from "./chaos";
import { VirtualClock } from "./virtual-clock";

export const StreamName = "events";
export const TableName = "items";
export const Bucket = "failures";

/** The clock of chaos and of the gateway. */
export const clock = new VirtualClock();

let emulators: Emulators;
const gateways: HttpServer[] = [];

beforeAll(async () => {
  emulators = await startEmulators();
  const { kinesis, dynamodb, s3 } = (await connect()).clients;
  await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "Id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "Id", KeyType: "HASH" }],
    }),
  );
  await s3.send(new CreateBucketCommand({ Bucket }));
});

afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  // The limits of a shard are those of a second.
  await clock.advance(1000);
});

afterAll(async () => {
  await emulators.stop();
});

export interface ChaosUnderTest {
  chaos: Chaos;
  /** They try once. */
  clients: Clients;
}

/** Connects clients to a gateway where the named faults always strike, and no others. */
export function connect(...always: (keyof FaultRates)[]): Promise<ChaosUnderTest> {
  return connectUnder({ rates: Object.fromEntries(always.map((kind) => [kind, 1])) });
}

/** Connects clients to a gateway where the named fault strikes once, at this opportunity. */
export function connectOnce(kind: FaultKind, opportunity = 1): Promise<ChaosUnderTest> {
  return connectUnder({ firstStrikes: { [kind]: opportunity } });
}

/** Connects clients to a gateway where only these faults strike. The random numbers are 0.25 and 0.75 in turn. */
export async function connectUnder(faults: {
  rates?: Partial<FaultRates>;
  firstStrikes?: Partial<PerFaultKind<number>>;
}): Promise<ChaosUnderTest> {
  let draws = 0;
  const random = () => (draws++ % 2 === 0 ? 0.25 : 0.75);
  const chaos = quietChaos({ random, clock, ...faults });
  const account = new LocalAccount("us-east-1");
  const strike = chaos.strike.bind(chaos);
  const gateway = await startGateway({ port: 0, account, emulatorSockets: emulators.sockets, clock, strike });
  gateways.push(gateway);
  const clients = createClients(`http://127.0.0.1:${gateway.port}`, "us-east-1", account.operatorKey, {
    maxAttempts: 1,
  });
  chaos.begin(UNDISRUPTED);
  return { chaos, clients };
}

const UNDISRUPTED = {
  shards: [
    { ShardId: "only", HashKeyRange: { StartingHashKey: "0", EndingHashKey: String(2n ** 128n - 1n) } },
  ] as Shard[],
  hasCheckpoint: () => false,
  reshard: () => Promise.reject(new Error("the stream is not resharded here")),
  restartMappings: () => Promise.reject(new Error("no mapping runs here")),
};

/** What struck: the kinds whose count is not zero. */
export const struck = ({ faults }: Chaos) =>
  Object.fromEntries(Object.entries(faults).filter(([, count]) => count !== 0));

/** The name of the error with which a call fails; a connection that ends has none. */
export const nameOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    ({ name, message }: Error) => (message.endsWith("socket hang up") ? "socket hang up" : name),
  );

export const describeStream = ({ kinesis }: Clients) =>
  kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));

/** Puts a record for each text. */
export const put = ({ kinesis }: Clients, ...texts: string[]) =>
  kinesis.send(
    new PutRecordsCommand({
      StreamName,
      Records: texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: text })),
    }),
  );

/** The data of all records on the stream, in order. */
export async function onTheStream(): Promise<string[]> {
  const { kinesis } = (await connect()).clients;
  const { ShardIterator } = await kinesis.send(
    new GetShardIteratorCommand({
      StreamName,
      ShardId: "shardId-000000000000",
      ShardIteratorType: "TRIM_HORIZON",
    }),
  );
  const { Records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
  return Records.map(({ Data = new Uint8Array() }) => Buffer.from(Data).toString());
}
