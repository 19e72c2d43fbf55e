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

/** The item of `post(values)`. */
function item(id: string, Message = "Hello", others: object = {}) {
  return {
    Username: { S: "ada" },
    Id: { S: id },
    Timestamp: { S: "2026-11-23T07:21:57Z" },
    Message: { S: Message },
    Source: { S: "test" },
    ...others,
  };
}

describe("the reconciliation of the table", () => {
  it("finds nothing where nothing was produced", async () => {
    expect(await stack.reconcile()).toEqual(nothingBut({}));
  });

  it("counts a record as stored if its whole item is in the table", async () => {
    await stack.put(post({ id: "1", name: "Ada", lang: "en" }));
    await stack.put(post({ id: "2", text: "" }));
    await stack.store(item("1", "Hello", { Name: { S: "Ada" }, Lang: { S: "en" } }));
    await stack.store(item("2", ""));
    expect(await stack.reconcile()).toEqual(nothingBut({ produced: 2, stored: 2 }));
  });

  it("counts a record as lost if its item is missing", async () => {
    await stack.put(post({ id: "1" }));
    await stack.put(post({ id: "2" }));
    await stack.store(item("1"));
    expect(await stack.reconcile()).toEqual(nothingBut({ produced: 2, stored: 1, lost: 1 }));
  });

  it("counts a record as lost if it is no event and was not rejected", async () => {
    await stack.put("{broken");
    expect(await stack.reconcile({ mayBeRejected: () => true })).toEqual(
      nothingBut({ produced: 1, lost: 1 }),
    );
  });

  it("counts a record as lost if it was acknowledged, but is not on the stream", async () => {
    stack.acknowledge("shardId-000000000000:1");
    expect(await stack.reconcile()).toEqual(nothingBut({ produced: 1, lost: 1 }));
  });

  it("expects no item of a notice from a stream of tweets", async () => {
    await stack.put({ limit: { track: 1 } });
    expect(await stack.reconcile()).toEqual(nothingBut({ produced: 1, stored: 1 }));
  });

  it("expects nothing of a record that was not acknowledged", async () => {
    await stack.putUnacknowledged(post({ id: "1" }));
    expect(await stack.reconcile()).toEqual(nothingBut({}));
  });
});

describe("the reconciliation of items that should not be there", () => {
  it("counts an item as stray if no record has its key", async () => {
    await stack.put(post({ id: "1" }));
    await stack.store(item("1"));
    await stack.store(item("2"));
    expect(await stack.reconcile()).toEqual(nothingBut({ produced: 1, stored: 1, stray: 1 }));
  });

  it("takes the item of a record that was not acknowledged for no stray", async () => {
    await stack.putUnacknowledged(post({ id: "1" }));
    await stack.store(item("1"));
    expect(await stack.reconcile()).toEqual(nothingBut({}));
  });
});

describe("the reconciliation of an item with other contents", () => {
  it.each([
    ["a text is blank", item("1", ""), ["Message"]],
    ["an attribute is added", item("1", "Hello", { Lang: { S: "en" } }), ["Lang"]],
    [
      "an attribute is missing",
      { Username: { S: "ada" }, Id: { S: "1" } },
      ["Message", "Source", "Timestamp"],
    ],
    ["an attribute has another type", item("1", "Hello", { Message: { N: "1" } }), ["Message"]],
    ["an expiry is set that was not asked for", item("1", "Hello", { ExpiresAt: { N: "9" } }), ["ExpiresAt"]],
  ])("calls an item different if %s", async (_name, stored, differences) => {
    await stack.put(post({ id: "1" }));
    await stack.store(stored);
    expect(await stack.reconcile()).toEqual({ ...nothingBut({ produced: 1, different: 1 }), differences });
  });

  it("names every attribute that differs once, in order", async () => {
    await stack.put(post({ id: "1" }));
    await stack.put(post({ id: "2" }));
    await stack.store(item("1", "", { Source: { S: "" } }));
    await stack.store(item("2", ""));
    expect(await stack.reconcile()).toEqual({
      ...nothingBut({ produced: 2, different: 2 }),
      differences: ["Message", "Source"],
    });
  });

  it("counts a different item even if no acknowledged record made it", async () => {
    await stack.putUnacknowledged(post({ id: "1" }));
    await stack.store(item("1", ""));
    expect(await stack.reconcile()).toEqual({ ...nothingBut({ different: 1 }), differences: ["Message"] });
  });

  it("expects an expiry that counts from the record's arrival", async () => {
    const first = await stack.put(post({ id: "1" }));
    const second = await stack.put(post({ id: "2" }));
    const expiresAt = async (record: typeof first) =>
      Math.floor((await stack.arrivedMs(record)) / 1000) + 3 * 24 * 60 * 60;
    await stack.store(item("1", "Hello", { ExpiresAt: { N: String(await expiresAt(first)) } }));
    await stack.store(item("2", "Hello", { ExpiresAt: { N: String((await expiresAt(second)) + 1) } }));
    expect(await stack.reconcile({ timeToLiveDays: 3 })).toEqual({
      ...nothingBut({ produced: 2, stored: 1, different: 1 }),
      differences: ["ExpiresAt"],
    });
  });
});

describe("the reconciliation of an aggregate", () => {
  const aggregateOf = (...ids: string[]) =>
    aggregate(ids.map((id) => ({ partitionKey: "ada", data: JSON.stringify(post({ id })) })));

  it("counts it as stored if the items of all its records are in the table", async () => {
    await stack.put(await aggregateOf("1", "2"));
    await stack.store(item("1"));
    await stack.store(item("2"));
    expect(await stack.reconcile()).toEqual(nothingBut({ produced: 1, stored: 1 }));
  });

  it("counts it as lost if one of its records is", async () => {
    await stack.put(await aggregateOf("1", "2"));
    await stack.store(item("2"));
    expect(await stack.reconcile()).toEqual(nothingBut({ produced: 1, lost: 1 }));
  });

  it("counts it as different if one of its records is", async () => {
    await stack.put(await aggregateOf("1", "2"));
    await stack.store(item("1", "x"));
    expect(await stack.reconcile()).toEqual({
      ...nothingBut({ produced: 1, different: 1 }),
      differences: ["Message"],
    });
  });
});
