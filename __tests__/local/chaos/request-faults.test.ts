import { BatchWriteItemCommand, CreateTableCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { CreateBucketCommand, ListBucketsCommand } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { Chaos, type FaultRates } from "../../../local/chaos/chaos";
import { FAULT_KINDS } from "../../../local/chaos/fault-kind";
import { type Clients, createClients } from "../../../local/gateway/clients";
import { type Emulators, startEmulators } from "../../../local/gateway/emulators";
import { startGateway } from "../../../local/gateway/gateway";
import type { HttpServer } from "../../../local/gateway/http-server";
import { LocalAccount } from "../../../local/gateway/local-account";
import { VirtualClock } from "../../support/virtual-clock";

const StreamName = "events";
const TableName = "items";

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
  await s3.send(new CreateBucketCommand({ Bucket: "failures" }));
});

afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
});

afterAll(async () => {
  await emulators.stop();
});

const NEVER = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as FaultRates;

interface ChaosUnderTest {
  chaos: Chaos;
  clients: Clients;
}

/** Connects clients to a gateway where the named faults always strike, and no others. */
function connect(...always: (keyof FaultRates)[]): Promise<ChaosUnderTest> {
  return connectAtRates(Object.fromEntries(always.map((kind) => [kind, 1])));
}

/** Connects clients that try once to a gateway where faults strike at these rates; without any, chaos does not begin. */
async function connectAtRates(faultRates: Partial<FaultRates>): Promise<ChaosUnderTest> {
  const rates = { ...NEVER, ...faultRates };
  // Alternating, so that a partial failure strikes every second record.
  let draws = 0;
  const random = () => (draws++ % 2 === 0 ? 0.25 : 0.75);
  const chaos = new Chaos({ random, clock, rates });
  const account = new LocalAccount("us-east-1");
  const strike = chaos.strike.bind(chaos);
  const { sockets: emulatorSockets } = emulators;
  const gateway = await startGateway({ port: 0, account, emulatorSockets, clock, strike });
  gateways.push(gateway);
  const clients = createClients(`http://127.0.0.1:${gateway.port}`, "us-east-1", account.operatorKey, {
    maxAttempts: 1,
  });
  if (Object.keys(faultRates).length > 0) chaos.begin(1);
  return { chaos, clients };
}

const clock = new VirtualClock();

const describeStream = ({ kinesis }: Clients) =>
  kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
const nameOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error: Error) => (error.name === "Error" ? error.message : error.name),
  );

const put = ({ kinesis }: Clients, ...texts: string[]) =>
  kinesis.send(
    new PutRecordsCommand({
      StreamName,
      Records: texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: text })),
    }),
  );

/** The data of all records on the stream, in order. */
async function onTheStream(): Promise<string[]> {
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

describe("a fault that strikes a whole request", () => {
  it("throttled: each service answers with its own error, and nothing is carried out", async () => {
    const { chaos, clients } = await connect("throttled");
    expect(await nameOf(put(clients, "throttled"))).toBe("ProvisionedThroughputExceededException");
    expect(await nameOf(clients.dynamodb.send(new ScanCommand({ TableName })))).toBe(
      "ProvisionedThroughputExceededException",
    );
    expect(await nameOf(clients.s3.send(new ListBucketsCommand({})))).toBe("SlowDown");
    expect(await onTheStream()).not.toContain("throttled");
    expect(chaos.faults.throttled).toBe(3);
  });

  it("server-error: HTTP 500", async () => {
    const { clients } = await connect("server-error");
    const error = await describeStream(clients).catch((thrown) => thrown);
    expect([error.name, error.$metadata.httpStatusCode]).toEqual(["InternalFailure", 500]);
  });

  it("connection-reset: the connection ends and nothing is carried out", async () => {
    const { clients } = await connect("connection-reset");
    expect(await nameOf(put(clients, "reset"))).toContain("socket hang up");
    expect(await onTheStream()).not.toContain("reset");
  });

  it("lost-response: the connection ends although the request was carried out", async () => {
    const { clients } = await connect("lost-response");
    expect(await nameOf(put(clients, "carried out"))).toContain("socket hang up");
    expect(await onTheStream()).toContain("carried out");
  });

  it("slow-answer: the answer comes later", async () => {
    const { chaos, clients } = await connect("slow-answer");
    clock.run();
    const { StreamDescriptionSummary } = await describeStream(clients).finally(() => clock.stop());
    expect(StreamDescriptionSummary?.StreamName).toBe(StreamName);
    expect(chaos.faults["slow-answer"]).toBe(1);
  });
});

describe("a fault that strikes a part of a request", () => {
  it("partial-failure: PutRecords succeeds, but reports that some records failed, in the request's order", async () => {
    const { clients } = await connect("partial-failure");
    const { FailedRecordCount, Records } = await put(clients, "p1", "p2", "p3", "p4");
    const stored = ["p1", "p2", "p3", "p4"].filter(
      (_, index) => Records?.[index]?.SequenceNumber !== undefined,
    );
    expect(FailedRecordCount).toBe(2);
    expect(
      Records?.filter(({ ErrorCode }) => ErrorCode === "ProvisionedThroughputExceededException"),
    ).toHaveLength(2);
    expect((await onTheStream()).filter((text) => text.startsWith("p"))).toEqual(stored);
  });

  it("partial-failure: every record of a call may fail", async () => {
    const { clients } = await connect("partial-failure");
    const answers = [await put(clients, "single"), await put(clients, "single")];
    expect(answers.map(({ FailedRecordCount }) => FailedRecordCount)).toContain(1);
  });

  it("unprocessed-items: BatchWriteItem succeeds, but hands some items back", async () => {
    const { clients } = await connect("unprocessed-items");
    const items = ["1", "2", "3", "4"].map((id) => ({ PutRequest: { Item: { Id: { S: id } } } }));
    const { UnprocessedItems } = await clients.dynamodb.send(
      new BatchWriteItemCommand({ RequestItems: { [TableName]: items } }),
    );
    const unprocessed = (UnprocessedItems?.[TableName] ?? []).map(
      ({ PutRequest }) => PutRequest?.Item?.Id?.S,
    );
    const { Items = [] } = await (await connect()).clients.dynamodb.send(new ScanCommand({ TableName }));
    const stored = Items.map(({ Id }) => Id?.S);
    expect(unprocessed).toHaveLength(2);
    expect([...unprocessed, ...stored].sort()).toEqual(["1", "2", "3", "4"]);
  });
});

describe("a fault that lasts", () => {
  it("bucket-unavailable: S3 answers nobody for two seconds, and then again", async () => {
    const { clients, chaos } = await connectAtRates({ "bucket-unavailable": 0.5 });
    const list = () => nameOf(clients.s3.send(new ListBucketsCommand({})));
    expect(await list()).toBe("ServiceUnavailable");
    await clock.advance(1999);
    expect(await list()).toBe("ServiceUnavailable");
    await clock.advance(1);
    expect(await list()).toBe("no error");
    expect(chaos.faults["bucket-unavailable"]).toBe(2);
  });

  it("bucket-unavailable: the other services still answer", async () => {
    const { clients } = await connect("bucket-unavailable");
    expect(await nameOf(describeStream(clients))).toBe("no error");
  });

  it("shard-limit: a shard takes 1,000 records a second, and 1,000 more in the next", async () => {
    const { chaos, clients } = await connect();
    chaos.begin(1);
    const records = Array.from({ length: 400 }, (_, number) => `limit ${number}`);
    const failed = [];
    for (let call = 0; call < 3; call++) failed.push((await put(clients, ...records)).FailedRecordCount);
    await clock.advance(1000);
    failed.push((await put(clients, ...records)).FailedRecordCount);
    expect([failed, chaos.faults["shard-limit"]]).toEqual([[0, 0, 200, 0], 1]);
  });
});

describe("chaos", () => {
  it("strikes nobody before it begins and after it has ended", async () => {
    const { chaos, clients } = await connect("throttled", "function-killed");
    expect(new Chaos({ random: () => 0, clock }).killsAfterMs()).toBeUndefined();
    expect(chaos.killsAfterMs()).toBe(37);
    chaos.end();
    expect(await nameOf(describeStream(clients))).toBe("no error");
    expect(chaos.killsAfterMs()).toBeUndefined();
  });
});
