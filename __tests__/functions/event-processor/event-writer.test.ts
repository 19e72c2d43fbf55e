import { describe, expect, it } from "@jest/globals";
import { eventItem } from "../../../events/event-item";
import { leaveUnprocessed, throttle } from "../../support/dynamodb-faults";
import {
  emptyKey,
  failed,
  itemsWithIds,
  itemWithId,
  rejected,
  stored,
  tooLarge,
  useEventWriter,
} from "../../support/event-writer";
import { post } from "../../support/posts";

const writer = useEventWriter();

describe("EventWriter", () => {
  it("stores every item, byte for byte, in requests of 25", async () => {
    const items = itemsWithIds(60).map((item) => ({ ...item, Message: `שלום 前 👩‍👧 ${item.Id}` }));

    const { outcomes, retried, problems } = await writer.write(items);

    expect(await writer.storedItems()).toEqual(items);
    expect(outcomes).toEqual(items.map(() => stored));
    expect(writer.requestSizes().sort()).toEqual([10, 25, 25]);
    expect({ retried, problems }).toEqual({ retried: 0, problems: {} });
  });

  it("sends nothing when there is nothing to store", async () => {
    expect(await writer.write([])).toEqual({ outcomes: [], retried: 0, problems: {}, slept: [] });
    expect(writer.proxy.requests).toEqual([]);
  });

  it("leaves one item when it is written twice", async () => {
    await writer.write(itemsWithIds(3));
    await writer.write(itemsWithIds(3));

    expect(await writer.storedItems()).toEqual(itemsWithIds(3));
  });
});

describe("EventWriter with the same key twice", () => {
  it("writes the newest", async () => {
    const versions = ["first", "second", "third"].map((text) => eventItem(post({ text })));

    expect(await writer.write(versions)).toMatchObject({ outcomes: [stored, stored, stored] });
    expect(await writer.storedItems()).toEqual([eventItem(post({ text: "third" }))]);
    expect(writer.requestSizes()).toEqual([1]);
  });

  it("keeps keys apart that would be equal if they were joined", async () => {
    const items = [post({ username: "a", id: "b,c" }), post({ username: "a,b", id: "c" })].map((it) =>
      eventItem(it),
    );

    await writer.write(items);

    expect(await writer.storedItems()).toEqual(items);
  });

  it("has one outcome for all: rejected", async () => {
    const valid = eventItem(post());

    const { outcomes } = await writer.write([valid, tooLarge(valid), itemWithId("other")]);

    expect(outcomes).toEqual([rejected, rejected, stored]);
    expect(await writer.storedItems()).toEqual([itemWithId("other")]);
  });

  it("has one outcome for all: failed", async () => {
    writer.proxy.injectAlways(leaveUnprocessed((id) => id === "1"));
    const older = eventItem(post({ text: "older" }));

    const { outcomes } = await writer.write([older, eventItem(post()), itemWithId("other")], {
      attempts: 2,
    });

    expect(outcomes).toEqual([failed, failed, stored]);
  });
});

describe("EventWriter when DynamoDB calls a request invalid", () => {
  it("rejects only the invalid item, and stores the others of its request", async () => {
    const items = itemsWithIds(25).map((item) => (item.Id === "0017" ? tooLarge(item) : item));

    const { outcomes, retried } = await writer.write(items);

    expect(outcomes).toEqual(items.map((_, index) => (index === 17 ? rejected : stored)));
    expect(await writer.storedItems()).toEqual(items.filter((_, index) => index !== 17));
    expect(retried).toBe(25 + 12 + 6 + 3 + 2);
  });

  it.each([[[0]], [[24]], [[0, 24]], [[3, 4, 5]], [[...Array(25).keys()]]])(
    "finds the invalid items wherever they are: %j",
    async (invalid) => {
      const items = itemsWithIds(25).map((item, index) => (invalid.includes(index) ? emptyKey(item) : item));

      const { outcomes } = await writer.write(items);

      expect(outcomes.map(({ status }) => status)).toEqual(
        items.map((_, index) => (invalid.includes(index) ? "rejected" : "stored")),
      );
      expect(await writer.storedItems()).toEqual(items.filter((_, index) => !invalid.includes(index)));
    },
  );

  it("passes on which rule DynamoDB says was broken", async () => {
    const { outcomes } = await writer.write([tooLarge(itemWithId("1"))]);

    expect(outcomes).toEqual([
      { status: "rejected", detail: "Item size has exceeded the maximum allowed size" },
    ]);
  });

  it("overcomes faults in the narrower requests", async () => {
    const items = itemsWithIds(4).map((item) => (item.Id === "0002" ? tooLarge(item) : item));
    writer.proxy.inject(
      (request, forward) => forward(request),
      throttle,
      leaveUnprocessed(() => true),
    );

    const { outcomes } = await writer.write(items);

    expect(outcomes).toEqual([stored, stored, rejected, stored]);
  });
});
