import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readReceipts, receiptsSoFar } from "../../../../local/commands/reconciliation/receipts";
import { keyOf, readItems, readStream } from "../../../../local/commands/reconciliation/stack-contents";
import type { ProxyFault } from "../../../support/fault-proxy";
import { post } from "../../../support/posts";
import { nothingBut, ReconciledEmulators } from "../../../support/reconciled-stack";
import { temporaryDirectory } from "../../../support/temporary-directory";

let emulators: ReconciledEmulators;

beforeAll(async () => {
  emulators = await ReconciledEmulators.start();
});

afterAll(() => emulators.stop());

async function dataOf(stream: string): Promise<string[]> {
  const data: string[] = [];
  for await (const record of readStream(emulators.stream.client, stream)) data.push(record.data.toString());
  return data;
}

/** Answers instead of Kinesis. @param answer made from the request's input */
function answered(answer: (input: Record<string, unknown>) => object): ProxyFault {
  return async ({ body }) => ({
    status: 200,
    headers: { "content-type": "application/x-amz-json-1.1" },
    body: Buffer.from(JSON.stringify(answer(JSON.parse(body.toString())))),
  });
}

describe("the stream that is read", () => {
  it("has every record with its place, its partition key, its bytes and its arrival", async () => {
    const stack = await emulators.stack();
    const before = Date.now();
    const put = await stack.put(Buffer.from([0xff, 0x00]), "bob");
    const records = [];
    for await (const record of readStream(emulators.stream.client, stack.name)) records.push(record);
    const [{ arrivedMs, ...record } = { arrivedMs: 0 }] = records;
    expect(record).toEqual({
      id: `${put.shardId}:${put.sequenceNumber}`,
      partitionKey: "bob",
      data: Buffer.from([0xff, 0x00]),
    });
    expect(records.length).toBe(1);
    // Kinesis stamps a record to the millisecond, by the same clock here.
    expect(arrivedMs).toBeGreaterThanOrEqual(before);
    expect(arrivedMs).toBeLessThanOrEqual(Date.now());
  });

  it("does not end at an empty page that is behind the latest record", async () => {
    const stack = await emulators.stack();
    await emulators.stream.put(stack.name, "ab");
    const behind = answered(({ ShardIterator }) => ({
      Records: [],
      NextShardIterator: ShardIterator,
      MillisBehindLatest: 1_000,
    }));
    emulators.stream.failNext("GetRecords", behind);
    expect(await dataOf(stack.name)).toEqual(["a", "b"]);
  });

  it("does not end at a page with records, even if it is not behind", async () => {
    const stack = await emulators.stack();
    await emulators.stream.put(stack.name, "b");
    const first = answered(({ ShardIterator }) => ({
      Records: [{ SequenceNumber: "1", PartitionKey: "a", Data: Buffer.from("a").toString("base64") }],
      NextShardIterator: ShardIterator,
      MillisBehindLatest: 0,
    }));
    emulators.stream.failNext("GetRecords", first);
    expect(await dataOf(stack.name)).toEqual(["a", "b"]);
  });
});

describe("the shards that are read", () => {
  it("has the parents' records before those of their children, up to the end of each", async () => {
    const stack = await emulators.stack();
    await emulators.stream.put(stack.name, "ab");
    await emulators.stream.split(stack.name);
    await emulators.stream.put(stack.name, "cd");
    expect(await dataOf(stack.name)).toEqual(["a", "b", "c", "d"]);
  });

  it("has the shards of every page of the list, in their order", async () => {
    const stack = await emulators.stack();
    await emulators.stream.put(stack.name, "a");
    await emulators.stream.split(stack.name);
    await emulators.stream.put(stack.name, "b");
    const shards = (...numbers: number[]) =>
      numbers.map((number) => ({ ShardId: `shardId-00000000000${number}` }));
    const inputs: unknown[] = [];
    const second = answered((input) => {
      inputs.push(input);
      return { Shards: shards(0) };
    });
    emulators.stream.failNext("ListShards", async (request, forward) => {
      emulators.stream.failNext("ListShards", second);
      return answered(() => ({ Shards: shards(2, 1), NextToken: "more" }))(request, forward);
    });
    expect(await dataOf(stack.name)).toEqual(["a", "b"]);
    expect(inputs).toEqual([{ NextToken: "more" }]);
  });
});

describe("the table that is read", () => {
  it("has the items of every page, by their keys", async () => {
    const { name } = await emulators.stack();
    const ids = ["1", "2", "3", "4"];
    // Four of these are more than the megabyte of one page.
    const Item = (id: string) => ({
      Username: { S: "ada" },
      Id: { S: id },
      Message: { S: "x".repeat(399_000) },
    });
    const put = ids.map((id) => ({ PutRequest: { Item: Item(id) } }));
    await emulators.dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [name]: put } }));
    const items = await readItems(emulators.dynamodb, name);
    expect([...items.keys()].sort()).toEqual(ids.map((id) => `["ada","${id}"]`));
    expect(items.get('["ada","4"]')).toEqual(Item("4"));
  });

  it("has a key for each user and id", () => {
    expect(keyOf({ Username: { S: 'a","b' }, Id: { S: "c" } })).not.toBe(
      keyOf({ Username: { S: "a" }, Id: { S: 'b","c' } }),
    );
  });
});

describe("the receipts that are read", () => {
  const SEQUENCE_NUMBER = "49590338271490256608559692538361571095921575989136588898";

  async function fileOf(...lines: string[]): Promise<string> {
    const file = join(temporaryDirectory(), "receipts");
    await writeFile(file, lines.map((line) => `${line}\n`).join(""));
    return file;
  }

  it("have an id for each line", async () => {
    const file = await fileOf("shardId-000000000000 1", "shardId-000000000001 2", "shardId-000000000000 1");
    expect(await readReceipts(file)).toEqual(new Set(["shardId-000000000000:1", "shardId-000000000001:2"]));
  });

  it.each(["shardId-000000000000", "shardId-000000000000 1 2", "x y", " 1"])(
    "are wrong with the line %j",
    async (line) => {
      const file = await fileOf("shardId-000000000000 1", line);
      await expect(readReceipts(file)).rejects.toThrow(
        "line 2 of the receipts is not a shard and a sequence number",
      );
    },
  );

  it("can be counted while they are written, before the file is there", async () => {
    const line = `shardId-000000000000 ${SEQUENCE_NUMBER}`;
    expect(await receiptsSoFar(await fileOf(line, line, line))).toBe(3);
    expect(await receiptsSoFar(await fileOf(line, line.slice(1)))).toBe(1);
    expect(await receiptsSoFar("/nowhere/receipts")).toBe(0);
  });
});

describe("a key that was put again after its shard was split", () => {
  it("must have the version of the child", async () => {
    const stack = await emulators.stack();
    await stack.put(post({ text: "old" }));
    await emulators.stream.split(stack.name);
    await stack.put(post({ text: "new" }));
    const item = (Message: string) => ({
      Username: { S: "ada" },
      Id: { S: "1" },
      Timestamp: { S: "2026-11-23T07:21:57Z" },
      Message: { S: Message },
      Source: { S: "test" },
    });
    await stack.store(item("new"));
    expect(await stack.reconcile()).toEqual(nothingBut({ produced: 2, stored: 2 }));
    await stack.store(item("old"));
    expect(await stack.reconcile()).toEqual({
      ...nothingBut({ produced: 2, stored: 1, different: 1 }),
      differences: ["Message"],
    });
  });
});
