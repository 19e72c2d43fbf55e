import { describe, expect, it } from "@jest/globals";
import { eventItem, itemKey } from "../../../events/event-item";
import type { Post } from "../../../events/post";
import type { SetAsideRecord } from "../../../operator/redrive/set-aside-object";
import { findSuperseded } from "../../../operator/redrive/superseded";
import { aggregateOf } from "../../support/kpl";
import { post } from "../../support/posts";

const record = (data: string | Buffer): SetAsideRecord => ({
  where: "line 1",
  reason: "r",
  arrivedAt: 0,
  partitionKey: "k",
  data: Buffer.from(data).toString("base64"),
});
const event = (values: Partial<Post>) => record(JSON.stringify(post(values)));

/** Finds what is superseded by a table with these posts' items, and notes which keys are looked for. */
async function find(records: readonly SetAsideRecord[], stored: readonly object[] = []) {
  const looked: string[] = [];
  const items = new Map(stored.map((item) => [itemKey(item as never), item as never]));
  const superseded = await findSuperseded(records, {
    items: async (keys) => {
      looked.push(...keys.map(({ Id }) => Id));
      return items;
    },
  });
  return { looked, reasons: records.map((one) => superseded.get(one)) };
}

const STORED = "the table has another version of its event";
const LATER = "a later record of the object has another version of its event";

describe("a set-aside event", () => {
  it.each([
    ["text", eventItem(post({ text: "other" }))],
    ["time", eventItem(post({ createdAt: "2026-11-23T07:21:58Z" }))],
    ["name", eventItem(post({ name: "Ada" }))],
    ["attributes", { ...eventItem(post()), Sentiment: "glad" }],
  ])("is superseded by an item of other %s", async (_, item) => {
    expect((await find([event({})], [item])).reasons).toEqual([STORED]);
  });

  it("is not superseded by its own item, whatever the expiry, nor by the items of others", async () => {
    const others = [
      eventItem(post({ id: "2", text: "x" })),
      eventItem(post({ username: "grace", text: "x" })),
    ];
    expect((await find([event({})], [eventItem(post(), 1), ...others])).reasons).toEqual([undefined]);
  });

  it("is superseded by a later version in its object, unless one of them is stored", async () => {
    const versions = [event({ text: "a" }), event({ text: "b" }), event({ id: "2" }), event({ text: "c" })];
    expect((await find(versions)).reasons).toEqual([LATER, LATER, undefined, undefined]);
    const stored = [eventItem(post({ text: "b" }))];
    expect((await find(versions, stored)).reasons).toEqual([STORED, undefined, undefined, STORED]);
  });

  it("is not superseded by the same version, set aside twice, and is looked for once", async () => {
    const found = await find([event({}), event({}), event({ id: "2" })]);
    expect(found).toEqual({ looked: ["1", "2"], reasons: [undefined, undefined, undefined] });
  });

  it("in an aggregate makes all of it superseded, since an aggregate is put back as a whole", async () => {
    const inAggregate = record(
      aggregateOf([JSON.stringify(post({ id: "1" })), "{", JSON.stringify(post({ id: "2" }))]),
    );
    const found = await find([inAggregate], [eventItem(post({ id: "2", text: "other" }))]);
    expect(found).toEqual({ looked: ["1", "2"], reasons: [STORED] });
    expect((await find([inAggregate], [eventItem(post({ id: "2" }))])).reasons).toEqual([undefined]);
  });

  it("is not superseded by a later version in its own aggregate, which is put back with it", async () => {
    const versions = ["a", "b"].map((text) => JSON.stringify(post({ text })));
    expect((await find([record(aggregateOf(versions))])).reasons).toEqual([undefined]);
  });

  it("is not looked for if it cannot be an item: DynamoDB would not take its key", async () => {
    const found = await find([record("{"), event({ id: "x".repeat(1025) }), event({})]);
    expect(found).toEqual({ looked: ["1"], reasons: [undefined, undefined, undefined] });
  });
});
