import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type EventItem, eventItem } from "../../../events/event-item";
import { clientConfig } from "../../../functions/event-processor/client-config";
import { EventWriter } from "../../../functions/event-processor/event-writer";
import { Problems } from "../../../functions/event-processor/problems";
import { emulatorAccess } from "../../support/aws-access";
import { type DynamoDbEmulator, startDynamoDbEmulator } from "../../support/dynamodb-emulator";
import { leaveUnprocessed, throttle } from "../../support/dynamodb-faults";
import {
  answerAfter,
  answerWith,
  type Fault,
  type FaultProxy,
  loseResponse,
  resetConnection,
  startFaultProxy,
} from "../../support/fault-proxy";
import { post } from "../../support/posts";

let emulator: DynamoDbEmulator;
let proxy: FaultProxy;
let client: DynamoDBDocumentClient;
let tableName: string;
let tables = 0;

beforeAll(async () => {
  emulator = await startDynamoDbEmulator();
});

afterAll(() => emulator.stop());

beforeEach(async () => {
  tableName = `events-${++tables}`;
  await emulator.createTable(tableName);
  proxy = await startFaultProxy(emulator.url);
  client = documentClient();
});

afterEach(async () => {
  client.destroy();
  await proxy.stop();
});

describe("EventWriter", () => {
  it("stores every item, byte for byte, in requests of 25", async () => {
    const items = itemsWithIds(60).map((item) => ({ ...item, Message: `שלום 前 👩‍👧 ${item.Id}` }));

    const { outcomes, retried, problems } = await write(items);

    expect(await emulator.items(tableName)).toEqual(items);
    expect(outcomes).toEqual(items.map(() => stored));
    expect(requestSizes().sort()).toEqual([10, 25, 25]);
    expect({ retried, problems }).toEqual({ retried: 0, problems: {} });
  });

  it("sends nothing when there is nothing to store", async () => {
    expect(await write([])).toEqual({ outcomes: [], retried: 0, problems: {}, slept: [] });
    expect(proxy.requests).toEqual([]);
  });

  it("leaves one item when it is written twice", async () => {
    await write(itemsWithIds(3));
    await write(itemsWithIds(3));

    expect(await emulator.items(tableName)).toEqual(itemsWithIds(3));
  });

  describe("with the same key twice", () => {
    it("writes the newest", async () => {
      const versions = ["first", "second", "third"].map((text) => eventItem(post({ text })));

      expect(await write(versions)).toMatchObject({ outcomes: [stored, stored, stored] });
      expect(await emulator.items(tableName)).toEqual([eventItem(post({ text: "third" }))]);
      expect(requestSizes()).toEqual([1]);
    });

    it("tells keys apart that only look alike when they are joined", async () => {
      const items = [post({ username: "a", id: "b,c" }), post({ username: "a,b", id: "c" })].map((it) =>
        eventItem(it),
      );

      await write(items);

      expect(await emulator.items(tableName)).toEqual(items);
    });

    it("has one outcome for all: refused", async () => {
      const valid = eventItem(post());

      const { outcomes } = await write([valid, tooLarge(valid), itemWithId("other")]);

      expect(outcomes).toEqual([refused, refused, stored]);
      expect(await emulator.items(tableName)).toEqual([itemWithId("other")]);
    });

    it("has one outcome for all: failed", async () => {
      proxy.injectAlways(leaveUnprocessed((id) => id === "1"));
      const older = eventItem(post({ text: "older" }));

      const { outcomes } = await write([older, eventItem(post()), itemWithId("other")], { attempts: 2 });

      expect(outcomes).toEqual([failed, failed, stored]);
    });
  });

  describe("when DynamoDB leaves items unprocessed", () => {
    it("sends only those again", async () => {
      proxy.inject(leaveUnprocessed((id) => id > "0002"));

      const { outcomes, retried, problems } = await write(itemsWithIds(5));

      expect(outcomes).toEqual([stored, stored, stored, stored, stored]);
      expect(requestSizes()).toEqual([5, 2]);
      expect(await emulator.items(tableName)).toEqual(itemsWithIds(5));
      expect({ retried, problems }).toEqual({
        retried: 2,
        problems: { "DynamoDB left items unprocessed": 2 },
      });
    });

    it("goes on, with growing waits, as long as some are left", async () => {
      const all = leaveUnprocessed(() => true);
      proxy.inject(
        all,
        leaveUnprocessed((id) => id !== "0000"),
        all,
      );

      const { outcomes, retried, slept } = await write(itemsWithIds(3));

      expect(outcomes).toEqual([stored, stored, stored]);
      expect(requestSizes()).toEqual([3, 3, 2, 2]);
      expect({ retried, slept }).toEqual({ retried: 7, slept: [50, 100, 200] });
    });

    it("reports just those as failed that are left when the time is up", async () => {
      proxy.injectAlways(leaveUnprocessed((id) => id === "0001"));

      const { outcomes, retried, problems } = await write(itemsWithIds(3), { attempts: 3 });

      expect(outcomes).toEqual([stored, failed, stored]);
      expect(await emulator.items(tableName)).toEqual([itemWithId("0000"), itemWithId("0002")]);
      expect(retried).toBe(2);
      expect(problems).toEqual({ "DynamoDB left items unprocessed": 3, "no time was left to write": 1 });
    });
  });

  describe("sends a request again", () => {
    const accessDenied = answerWith(400, {
      __type: "com.amazon.coral.service#AccessDeniedException",
      Message: "User is not authorized",
    });

    it.each<[string, Fault, RegExp]>([
      ["that was throttled", throttle, /^DynamoDB: ProvisionedThroughputExceededException: The level of/],
      ["that met an error of the service", answerWith(500, "oops"), /^DynamoDB: /],
      [
        "that was not allowed, for the policy may be mended",
        accessDenied,
        /^DynamoDB: AccessDeniedException: User/,
      ],
      ["whose connection was reset", resetConnection, /^DynamoDB: Error: .*(ECONNRESET|hang up)/],
    ])("%s", async (_, fault, problem) => {
      proxy.inject(fault);

      const { outcomes, retried, problems, slept } = await write(itemsWithIds(2));

      expect(outcomes).toEqual([stored, stored]);
      expect(await emulator.items(tableName)).toEqual(itemsWithIds(2));
      expect({ retried, slept }).toEqual({ retried: 2, slept: [50] });
      expect(problems).toEqual({ [Object.keys(problems)[0] ?? ""]: 2 });
      expect(Object.keys(problems)[0]).toMatch(problem);
    });

    it("whose response was lost, and leaves one item", async () => {
      proxy.inject(loseResponse);

      expect(await write(itemsWithIds(2))).toMatchObject({ outcomes: [stored, stored], retried: 2 });
      expect(await emulator.items(tableName)).toEqual(itemsWithIds(2));
    });

    it("whose answer takes longer than a request may", async () => {
      proxy.inject(answerAfter(new Promise(() => undefined)));
      client.destroy();
      client = documentClient({ requestTimeout: 100 });

      const { outcomes, problems } = await write(itemsWithIds(1));

      expect(outcomes).toEqual([stored]);
      expect(Object.keys(problems)).toEqual([expect.stringMatching(/^DynamoDB: TimeoutError: /)]);
    });

    it("to a table that does not exist yet", async () => {
      const writer = new EventWriter(client, "nowhere", {
        random: () => 1,
        sleep: () => emulator.createTable("nowhere"),
      });

      const { outcomeOf } = await writer.write(
        [itemWithId("1")],
        new AbortController().signal,
        new Problems(),
      );

      expect(outcomeOf(itemWithId("1"))).toEqual(stored);
    });
  });

  describe("when DynamoDB refuses a request as invalid", () => {
    it("refuses just the item that is to blame, and stores the others of its request", async () => {
      const items = itemsWithIds(25).map((item) => (item.Id === "0017" ? tooLarge(item) : item));

      const { outcomes, retried } = await write(items);

      expect(outcomes).toEqual(items.map((_, index) => (index === 17 ? refused : stored)));
      expect(await emulator.items(tableName)).toEqual(items.filter((_, index) => index !== 17));
      expect(retried).toBe(0);
    });

    it.each([[[0]], [[24]], [[0, 24]], [[3, 4, 5]], [[...Array(25).keys()]]])(
      "finds the items to blame wherever they stand: %j",
      async (blamed) => {
        const items = itemsWithIds(25).map((item, index) => (blamed.includes(index) ? emptyKey(item) : item));

        const { outcomes } = await write(items);

        expect(outcomes.map(({ status }) => status)).toEqual(
          items.map((_, index) => (blamed.includes(index) ? "refused" : "stored")),
        );
        expect(await emulator.items(tableName)).toEqual(items.filter((_, index) => !blamed.includes(index)));
      },
    );

    it("tells which rule DynamoDB says was broken", async () => {
      const { outcomes } = await write([tooLarge(itemWithId("1"))]);

      expect(outcomes).toEqual([
        { status: "refused", detail: "Item size has exceeded the maximum allowed size" },
      ]);
    });

    it("overcomes faults in the narrower requests", async () => {
      const items = itemsWithIds(4).map((item) => (item.Id === "0002" ? tooLarge(item) : item));
      proxy.inject(
        (request, forward) => forward(request),
        throttle,
        leaveUnprocessed(() => true),
      );

      const { outcomes } = await write(items);

      expect(outcomes).toEqual([stored, stored, refused, stored]);
    });
  });

  describe("when the time is up", () => {
    it("sends nothing more and reports everything as failed", async () => {
      const { outcomes, problems } = await write(itemsWithIds(30), { timeUp: AbortSignal.abort() });

      expect(outcomes).toEqual(itemsWithIds(30).map(() => failed));
      expect(problems).toEqual({ "no time was left to write": 30 });
      expect(proxy.requests).toEqual([]);
    });

    it("cancels requests that are under way", async () => {
      const timeUp = new AbortController();
      proxy.injectAlways(() => {
        timeUp.abort();
        return new Promise(() => undefined);
      });

      const { outcomes, problems } = await write(itemsWithIds(30), { timeUp: timeUp.signal });

      expect(outcomes).toEqual(itemsWithIds(30).map(() => failed));
      expect(problems).toEqual({ "no time was left to write": 30 });
    });

    it("reports what is left of many requests as failed, and what was stored as stored", async () => {
      const timeUp = new AbortController();
      const items = itemsWithIds(500);
      proxy.inject(...Array<Fault>(11).fill((request, forward) => forward(request)), () => {
        timeUp.abort();
        return new Promise(() => undefined);
      });

      const { outcomes } = await write(items, { timeUp: timeUp.signal });

      const inTable = new Set((await emulator.items(tableName)).map(({ Id }) => Id));
      const reported = items.filter((_, index) => outcomes[index]?.status === "stored");
      expect(reported.length).toBeGreaterThan(0);
      expect(reported.length).toBeLessThan(items.length);
      for (const { Id } of reported) expect(inTable).toContain(Id);
    });
  });
});

const stored = { status: "stored" };
const failed = { status: "failed" };
const refused = { status: "refused", detail: expect.any(String) };

function itemWithId(id: string): EventItem {
  return eventItem(post({ id }));
}

function itemsWithIds(count: number): EventItem[] {
  return Array.from({ length: count }, (_, index) => itemWithId(String(index).padStart(4, "0")));
}

/** An item that the decoder would have rejected, so that DynamoDB itself refuses it. */
function tooLarge(item: EventItem): EventItem {
  return { ...item, Message: "x".repeat(400 * 1024) };
}

/** Likewise. */
function emptyKey(item: EventItem): EventItem {
  return { ...item, Username: "", Source: item.Id };
}

function documentClient(requestHandler: object = {}): DynamoDBDocumentClient {
  const config = { ...clientConfig, requestHandler: { ...clientConfig.requestHandler, ...requestHandler } };
  return DynamoDBDocumentClient.from(new DynamoDBClient({ ...config, ...emulatorAccess(proxy.url) }));
}

/** Writes without waiting; the time is up when `timeUp` says so, or after so many attempts. */
async function write(
  items: EventItem[],
  { attempts = 50, timeUp }: { attempts?: number; timeUp?: AbortSignal } = {},
) {
  const outOfAttempts = new AbortController();
  const slept: number[] = [];
  const problems = new Problems();
  const writer = new EventWriter(client, tableName, {
    random: () => 1,
    sleep: async (ms) => {
      if (slept.push(ms) >= attempts) outOfAttempts.abort();
    },
  });
  const signal = timeUp ?? outOfAttempts.signal;
  const { outcomeOf, retried } = await writer.write(items, signal, problems);
  return { outcomes: items.map(outcomeOf), retried, problems: Object.fromEntries(problems.counts), slept };
}

/** How many items each request held. */
function requestSizes(): number[] {
  return proxy.requests.map(({ body }) => JSON.parse(body.toString()).RequestItems[tableName].length);
}
