import { BatchWriteItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { describe, expect, it } from "@jest/globals";
import type { Clients } from "../../../local/gateway/clients";
import {
  clock,
  connect,
  connectOnce,
  connectUnder,
  nameOf,
  onTheStream,
  put,
  struck,
  TableName,
} from "../../support/struck-gateway";

describe("a fault that strikes a part of a PutRecords call", () => {
  it("partial-failure: it succeeds, but reports that some records failed, in the request's order", async () => {
    const { chaos, clients } = await connectOnce("partial-failure");
    const { FailedRecordCount, Records = [] } = await put(clients, "p1", "p2", "p3", "p4");
    expect(FailedRecordCount).toBe(2);
    expect(Records.map(({ ErrorCode, ErrorMessage }) => ErrorCode && [ErrorCode, ErrorMessage])).toEqual([
      undefined,
      ["ProvisionedThroughputExceededException", "Rate exceeded for shard in stream under account."],
      ["ProvisionedThroughputExceededException", "Rate exceeded for shard in stream under account."],
      undefined,
    ]);
    expect((await onTheStream()).filter((text) => text.startsWith("p"))).toEqual(["p1", "p4"]);
    expect(struck(chaos)).toEqual({ "partial-failure": 1 });
  });

  it("partial-failure: at least one record fails, and with a single record all do", async () => {
    const { chaos, clients } = await connectOnce("partial-failure");
    const failed = [await put(clients, "single"), await put(clients, "single")];
    expect(failed.map(({ FailedRecordCount }) => FailedRecordCount)).toEqual([1, 0]);
    expect((await onTheStream()).filter((text) => text === "single")).toEqual(["single"]);
    expect(struck(chaos)).toEqual({ "partial-failure": 1 });
  });

  it("partial-failure: does not count if Kinesis answers with an error", async () => {
    const { chaos, clients } = await connectOnce("partial-failure");
    const records = ["a", "b"].map((text) => ({ Data: Buffer.from(text), PartitionKey: text }));
    const call = clients.kinesis.send(new PutRecordsCommand({ StreamName: "unknown", Records: records }));
    expect(await nameOf(call)).toBe("ResourceNotFoundException");
    expect(struck(chaos)).toEqual({});
  });
});

describe("a fault that strikes a part of a BatchWriteItem call", () => {
  const write = ({ dynamodb }: Clients, ...ids: string[]) =>
    dynamodb
      .send(
        new BatchWriteItemCommand({
          RequestItems: { [TableName]: ids.map((id) => ({ PutRequest: { Item: { Id: { S: id } } } })) },
        }),
      )
      .then(({ UnprocessedItems }) =>
        UnprocessedItems?.[TableName]?.map(({ PutRequest }) => PutRequest?.Item?.Id?.S),
      );

  it("unprocessed-items: it succeeds, but hands some items back", async () => {
    const { chaos, clients } = await connectOnce("unprocessed-items");
    expect(await write(clients, "1", "2", "3", "4")).toEqual(["2", "3"]);
    const { Items = [] } = await (await connect()).clients.dynamodb.send(new ScanCommand({ TableName }));
    expect(Items.map(({ Id }) => Id?.S).sort()).toEqual(["1", "4"]);
    expect(struck(chaos)).toEqual({ "unprocessed-items": 1 });
  });

  it("unprocessed-items: at least one item is handed back, and of a single item all are", async () => {
    const { chaos, clients } = await connectOnce("unprocessed-items");
    expect([await write(clients, "5"), await write(clients, "5")]).toEqual([["5"], undefined]);
    expect(struck(chaos)).toEqual({ "unprocessed-items": 1 });
  });
});

describe("shard-limit", () => {
  const texts = (count: number) => Array.from({ length: count }, (_, number) => `limit ${number}`);
  const failedOf = async (clients: Clients, count: number) =>
    (await put(clients, ...texts(count))).FailedRecordCount;

  it("a shard takes 1,000 records a second, and 1,000 more in the next", async () => {
    const { chaos, clients } = await connect();
    const failed = [];
    for (let call = 0; call < 3; call++) failed.push(await failedOf(clients, 400));
    await clock.advance(1000);
    failed.push(await failedOf(clients, 400));
    expect(failed).toEqual([0, 0, 200, 0]);
    expect(struck(chaos)).toEqual({ "shard-limit": 1 });
  });

  it("on schedule: another producer has used up the limit of one shard for this second", async () => {
    const { chaos, clients } = await connectOnce("shard-limit", 2);
    const failed = [await failedOf(clients, 2), await failedOf(clients, 2), await failedOf(clients, 2)];
    await clock.advance(1000);
    expect([...failed, await failedOf(clients, 2)]).toEqual([0, 2, 2, 0]);
    expect(struck(chaos)).toEqual({ "shard-limit": 2 });
  });

  it("a call that is struck by a partial failure or loses its answer counts towards the limit too", async () => {
    const { chaos, clients } = await connectUnder({
      firstStrikes: { "partial-failure": 3, "lost-response": 1 },
    });
    expect(await nameOf(put(clients, ...texts(500)))).toBe("socket hang up");
    expect(await failedOf(clients, 400)).toBe(0);
    expect(await failedOf(clients, 100)).toBe(0);
    expect(await failedOf(clients, 2)).toBe(2);
    expect(struck(chaos)).toEqual({ "lost-response": 1, "partial-failure": 1, "shard-limit": 1 });
  });
});
