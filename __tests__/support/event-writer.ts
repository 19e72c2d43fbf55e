import { type CreateTableCommandInput, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "@jest/globals";
import { type EventItem, eventItem } from "../../events/event-item";
import { clientSettings } from "../../functions/event-processor/client-settings";
import { EventWriter } from "../../functions/event-processor/event-writer";
import { Problems } from "../../functions/event-processor/problems";
import { emulatorAccess } from "./aws-access";
import { type DynamoDbEmulator, startDynamoDbEmulator } from "./dynamodb-emulator";
import { type FaultProxy, startFaultProxy } from "./fault-proxy";
import { post } from "./posts";
import { timeForAttempts } from "./waiting";

interface Conditions {
  /** The time is up after so many waits, which take no time. */
  attempts?: number;
  /** Decides instead when the time is up. */
  timeUp?: AbortSignal;
  /** Options of the client's requests, in addition to the function's. */
  requestHandler?: object;
}

/** Gives each test of a file an event writer and a table of its own, with a fault proxy between the two. */
export function useEventWriter() {
  let emulator: DynamoDbEmulator;
  let proxy: FaultProxy;
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
  });

  afterEach(() => proxy.stop());

  return {
    get proxy() {
      return proxy;
    },

    async write(items: EventItem[], { attempts = 50, timeUp, requestHandler }: Conditions = {}) {
      const client = new DynamoDBClient({
        ...clientSettings,
        requestHandler: { ...clientSettings.requestHandler, ...requestHandler },
        ...emulatorAccess(proxy.url),
      });
      const { signal, slept, waiting } = timeForAttempts(attempts);
      const problems = new Problems();
      const writer = new EventWriter(DynamoDBDocumentClient.from(client), tableName, waiting);
      const { outcomeOf, retried } = await writer.write(items, timeUp ?? signal, problems);
      client.destroy();
      return {
        outcomes: items.map(outcomeOf),
        retried,
        problems: Object.fromEntries(problems.counts),
        slept,
      };
    },

    /** The writer's table is another one from now on. */
    async useTable(changes: Partial<CreateTableCommandInput>) {
      tableName = `events-${++tables}`;
      await emulator.createTable(tableName, changes);
    },

    storedItems: () => emulator.items(tableName),

    /** How many items each request held. */
    requestSizes: (): number[] =>
      proxy.requests.map(({ body }) => JSON.parse(body.toString()).RequestItems[tableName].length),
  };
}

export const stored = { status: "stored" };
export const failed = { status: "failed" };
export const rejected = { status: "rejected", detail: expect.any(String) };

export function itemWithId(id: string): EventItem {
  return eventItem(post({ id }));
}

/** Items with the IDs 0000, 0001 … */
export function itemsWithIds(count: number): EventItem[] {
  return Array.from({ length: count }, (_, index) => itemWithId(String(index).padStart(4, "0")));
}

/** An item over a limit that the decoder checks, too: here DynamoDB itself calls it invalid. */
export function tooLarge(item: EventItem): EventItem {
  return { ...item, Message: "x".repeat(400 * 1024) };
}

/** Likewise. */
export function emptyKey(item: EventItem): EventItem {
  return { ...item, Username: "", Source: item.Id };
}
