import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { aggregate } from "../../../support/kpl";
import { post } from "../../../support/posts";
import { nothingBut, ReconciledEmulators, type ReconciledStack } from "../../../support/reconciled-stack";

let emulators: ReconciledEmulators;
let stack: ReconciledStack;

beforeAll(async () => {
  emulators = await ReconciledEmulators.start();
});

beforeEach(async () => {
  stack = await emulators.stack();
});

afterAll(() => emulators.stop());

const mayBeRejected = () => true;
const rejected = ["invalid-json"];
const failed = ["RetryAttemptsExhausted"];
const none: string[] = [];
const item = (id: string, Message = "Hello") => ({
  Username: { S: "ada" },
  Id: { S: id },
  Timestamp: { S: "2026-11-23T07:21:57Z" },
  Message: { S: Message },
  Source: { S: "test" },
});
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("the reconciliation of a rejected record", () => {
  it("finds its bytes in the failure bucket, however often", async () => {
    const records = [await stack.put("{1"), await stack.put(Buffer.from([0xff, 0xfe]))];
    await stack.reject(records);
    await stack.reject(records, { reason: "invalid-utf8" });
    expect(await stack.reconcile({ mayBeRejected })).toEqual({
      ...nothingBut({ produced: 2, rejected: 2 }),
      reasons: { rejected: ["invalid-json", "invalid-utf8"], failed: none },
    });
  });

  it.each([
    ["data", { data: base64("{2") }],
    ["partition key", { partitionKey: "bob" }],
  ])("calls it different if its %s is", async (_name, values) => {
    await stack.reject([await stack.put("{1")], values);
    expect(await stack.reconcile({ mayBeRejected })).toEqual({
      ...nothingBut({ produced: 1, different: 1 }),
      reasons: { rejected, failed: none },
      differences: ["set-aside copy"],
    });
  });

  it("calls it different if one of its copies is", async () => {
    const record = await stack.put("{1");
    await stack.reject([record]);
    await stack.reject([record], { data: base64("{2") });
    expect((await stack.reconcile({ mayBeRejected })).counts).toEqual(
      nothingBut({ produced: 1, different: 1 }).counts,
    );
  });
});

describe("the reconciliation of a record that was wrongly rejected", () => {
  it("takes it for wrongly rejected unless its bytes may be rejected", async () => {
    await stack.reject([await stack.put("{1"), await stack.put("{2")]);
    const onlyFirst = (data: Uint8Array) => Buffer.from(data).toString() === "{1";
    expect(await stack.reconcile({ mayBeRejected: onlyFirst })).toEqual({
      ...nothingBut({ produced: 2, rejected: 2 }),
      wronglyRejected: 1,
      reasons: { rejected, failed: none },
    });
  });

  it("takes it for wrongly rejected if it is an event, whatever may be rejected", async () => {
    await stack.reject([await stack.put(post({ id: "1" }))]);
    expect(await stack.reconcile({ mayBeRejected })).toEqual({
      ...nothingBut({ produced: 1, rejected: 1 }),
      wronglyRejected: 1,
      reasons: { rejected, failed: none },
    });
  });

  it("does not count it if it was not acknowledged, except as wrongly rejected", async () => {
    await stack.reject([await stack.putUnacknowledged("{1")]);
    expect(await stack.reconcile()).toEqual({
      ...nothingBut({}),
      wronglyRejected: 1,
      reasons: { rejected, failed: none },
    });
  });

  it("takes one that is stored, too, for a duplicate", async () => {
    await stack.reject([await stack.put(post({ id: "1" }))]);
    await stack.store(item("1"));
    expect(await stack.reconcile()).toEqual({
      ...nothingBut({ produced: 1, rejected: 1, duplicates: 1 }),
      wronglyRejected: 1,
      reasons: { rejected, failed: none },
    });
  });

  it("takes an item with its key and other contents for a stray", async () => {
    await stack.reject([await stack.put(post({ id: "1" }))]);
    await stack.store(item("1", "x"));
    expect((await stack.reconcile()).counts).toEqual(
      nothingBut({ produced: 1, rejected: 1, stray: 1 }).counts,
    );
  });
});

describe("the reconciliation of a failed batch", () => {
  it("finds its records byte for byte, acknowledged or not", async () => {
    const acknowledged = await stack.put(post({ id: "1" }));
    await stack.failBatch([acknowledged, await stack.putUnacknowledged("{broken")]);
    expect(await stack.reconcile()).toEqual({
      ...nothingBut({ produced: 1, failed: 2 }),
      reasons: { rejected: none, failed },
    });
  });

  it.each([
    ["data", { data: base64("x") }],
    ["partition key", { partitionKey: "bob" }],
  ])("calls a record of it different if its %s is", async (_name, values) => {
    await stack.failBatch([await stack.put(post({ id: "1" }))], values);
    expect(await stack.reconcile()).toEqual({
      ...nothingBut({ produced: 1, different: 1 }),
      reasons: { rejected: none, failed },
      differences: ["set-aside copy"],
    });
  });

  it("counts a record as failed even if it is stored or rejected, too", async () => {
    const records = [await stack.put(post({ id: "1" })), await stack.put("{broken")];
    await stack.failBatch(records);
    await stack.store(item("1"));
    await stack.reject(records.slice(1));
    expect(await stack.reconcile({ mayBeRejected })).toEqual({
      ...nothingBut({ produced: 2, failed: 2 }),
      reasons: { rejected, failed },
    });
  });

  it("does not lose the records of an aggregate in it", async () => {
    const data = await aggregate([
      { partitionKey: "ada", data: JSON.stringify(post({ id: "1" })) },
      { partitionKey: "ada", data: "{broken" },
    ]);
    await stack.failBatch([await stack.put(data)]);
    expect((await stack.reconcile()).counts).toEqual(nothingBut({ produced: 1, failed: 1 }).counts);
  });
});

describe("the reconciliation of a rejected record of an aggregate", () => {
  const aggregated = () =>
    aggregate([
      { partitionKey: "ada", data: JSON.stringify(post({ id: "1" })) },
      { partitionKey: "bob", data: "{broken" },
    ]);
  const part = { subSequenceNumber: 1, partitionKey: "bob", data: base64("{broken") };

  it("finds it by its position, with the partition key it was put with", async () => {
    await stack.reject([await stack.put(await aggregated())], part);
    await stack.store(item("1"));
    expect(await stack.reconcile({ mayBeRejected })).toEqual({
      ...nothingBut({ produced: 1, rejected: 1 }),
      reasons: { rejected, failed: none },
    });
  });

  it("takes a rejected record at another position for a stray, and its own for lost", async () => {
    await stack.reject([await stack.put(await aggregated())], { ...part, subSequenceNumber: 2 });
    await stack.store(item("1"));
    expect((await stack.reconcile({ mayBeRejected })).counts).toEqual(
      nothingBut({ produced: 1, lost: 1, stray: 1 }).counts,
    );
  });

  it("is covered by an aggregate that was rejected as a whole, whatever of it is stored", async () => {
    const inTable = { ...nothingBut({ produced: 1, rejected: 1 }), reasons: { rejected, failed: none } };
    await stack.reject([await stack.put(await aggregated())]);
    expect(await stack.reconcile({ mayBeRejected })).toEqual(inTable);
    await stack.store(item("1"));
    expect(await stack.reconcile({ mayBeRejected })).toEqual(inTable);
    await stack.store(item("1", "x"));
    expect(await stack.reconcile({ mayBeRejected })).toEqual({
      ...nothingBut({ produced: 1, different: 1 }),
      reasons: { rejected, failed: none },
      differences: ["Message"],
    });
  });

  it("may be set aside twice, by itself and with the whole aggregate", async () => {
    const record = await stack.put(await aggregated());
    await stack.reject([record]);
    await stack.reject([record], part);
    expect((await stack.reconcile({ mayBeRejected })).counts).toEqual(
      nothingBut({ produced: 1, rejected: 1 }).counts,
    );
  });
});

describe("what the failure bucket holds that nobody put there", () => {
  it("is stray, record by record", async () => {
    const record = { id: "shardId-000000000000:9", shardId: "shardId-000000000000", sequenceNumber: "9" };
    const unknown = { ...record, partitionKey: "ada", data: Buffer.from("x") };
    await stack.reject([unknown, { ...unknown, sequenceNumber: "8" }]);
    await stack.failBatch([unknown]);
    expect(await stack.reconcile()).toEqual(nothingBut({ stray: 3 }));
  });

  it("is stray if it cannot be read", async () => {
    await stack.putObject("rejected/1.ndjson", '{"reason":""}\nno JSON\n\n');
    await stack.putObject("aws/lambda/1", "no JSON");
    await stack.putObject("aws/lambda/2", '{"requestContext":{"condition":""},"payload":"{}"}');
    await stack.putObject("else/1", "");
    expect(await stack.reconcile()).toEqual(nothingBut({ stray: 5 }));
  });
});
