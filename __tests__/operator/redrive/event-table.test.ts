import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { EventTable } from "../../../operator/redrive/event-table";
import type { Patience } from "../../../operator/redrive/patience";
import type { Stack } from "../../../shared/stack";
import { emulatorAccess } from "../../support/aws-access";
import { type DynamoDbEmulator, startDynamoDbEmulator } from "../../support/dynamodb-emulator";
import { answerWith, type FaultProxy, type ProxyFault, startFaultProxy } from "../../support/fault-proxy";
import { failCall } from "../../support/kinesis-server";
import { testStack } from "../../support/test-stack";

let emulator: DynamoDbEmulator;
let proxy: FaultProxy;
beforeAll(async () => {
  emulator = await startDynamoDbEmulator();
  proxy = await startFaultProxy(emulator.url);
  await emulator.createTable("table");
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(emulatorAccess(emulator.url)));
  for (let start = 0; start < 250; start += 25)
    await client.send(
      new BatchWriteCommand({
        RequestItems: {
          table: keys(250)
            .slice(start, start + 25)
            .map((key) => ({ PutRequest: { Item: { ...key, Message: `m${key.Id}` } } })),
        },
      }),
    );
  client.destroy();
});
afterAll(async () => {
  await proxy.stop();
  await emulator.stop();
});

let table: EventTable | undefined;
let abort: AbortController;
/** How long the waits before repeated calls were, in milliseconds. */
let waits: number[];
afterEach(() => {
  table?.close();
  proxy.injectAlways(undefined);
});

/** A second of silence is long enough even where this machine is busy; where every call fails, less will do. */
const PATIENT: Patience = { silenceMs: 1000, attempts: 5 };
const IMPATIENT: Patience = { silenceMs: 200, attempts: 2 };

function open(stack: Stack = testStack(proxy.url), patience: Patience = PATIENT): EventTable {
  abort = new AbortController();
  waits = [];
  const clock = { now: () => 0, sleep: async (ms: number) => void waits.push(ms) };
  table = new EventTable(stack, abort.signal, patience, { clock, random: () => 1 });
  return table;
}

const keys = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ Username: `author-${index % 7}`, Id: String(index) }));

/** The keys that a call asked for. */
const asked = (body: Buffer) =>
  JSON.parse(body.toString()).RequestItems.table.Keys as { Id: { S: string } }[];
const callsFrom = (first: number) => proxy.requests.slice(first).map(({ body }) => asked(body).length);

/** DynamoDB processes only the first of the keys. */
const onlyFirst =
  (count: number): ProxyFault =>
  async (request, forward) => {
    const all = asked(request.body);
    const body = JSON.stringify({
      RequestItems: { table: { Keys: all.slice(0, count), ConsistentRead: true } },
    });
    const answer = count > 0 ? await forward({ ...request, body: Buffer.from(body) }) : undefined;
    const { Responses } = answer ? JSON.parse(answer.body.toString()) : { Responses: { table: [] } };
    return answerWith(200, { Responses, UnprocessedKeys: { table: { Keys: all.slice(count) } } })(
      request,
      forward,
    );
  };

describe("the event table", () => {
  it("reads items by their keys, a hundred a call, as they are now", async () => {
    const before = proxy.requests.length;
    const items = await open().items([...keys(250), { Username: "nobody", Id: "0" }]);
    expect(items.size).toBe(250);
    expect(items.get('["author-3","108"]')).toEqual({ Username: "author-3", Id: "108", Message: "m108" });
    expect(callsFrom(before)).toEqual([100, 100, 51]);
    expect(JSON.parse(String(proxy.requests.at(-1)?.body)).RequestItems.table.ConsistentRead).toBe(true);
    expect(proxy.requests.at(-1)?.headers.authorization).toContain("Credential=operator/");
  });

  it("is not asked for nothing", async () => {
    const before = proxy.requests.length;
    expect(await open().items([])).toEqual(new Map());
    expect(callsFrom(before)).toEqual([]);
  });

  it("asks for the key only, whatever else the items have", async () => {
    await open().items([{ Username: "author-1", Id: "1", Message: "x" } as never]);
    expect(asked(proxy.requests.at(-1)?.body ?? Buffer.of())).toEqual([
      { Username: { S: "author-1" }, Id: { S: "1" } },
    ]);
  });
});

describe("the event table, when a call fails,", () => {
  it("asks again for what was not processed: at once if some was, otherwise with backoff", async () => {
    const before = proxy.requests.length;
    proxy.inject(onlyFirst(4), onlyFirst(0), onlyFirst(0), onlyFirst(1), onlyFirst(0));
    expect((await open().items(keys(10))).size).toBe(10);
    expect(callsFrom(before)).toEqual([10, 6, 6, 6, 5, 5]);
    expect(waits).toEqual([50, 100, 50]);
  });

  it("gives up after twelve calls that brought nothing, and names --force", async () => {
    const before = proxy.requests.length;
    proxy.injectAlways(onlyFirst(0));
    await expect(open().items(keys(1))).rejects.toThrow(
      `could not read the table table in eu-west-1 at ${proxy.url}, to see what is newer than a set-aside record: it is throttled; --force puts all records back without a look at the table`,
    );
    expect(callsFrom(before)).toHaveLength(12);
    expect(waits).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000]);
  });

  it("is throttled or does not answer: it is asked again", async () => {
    proxy.inject(failCall("ProvisionedThroughputExceededException"));
    expect((await open().items(keys(1))).size).toBe(1);
    proxy.inject(() => new Promise(() => undefined));
    expect((await open().items(keys(1))).size).toBe(1);
  });

  it("does not answer at all: the run ends", async () => {
    proxy.inject(
      () => new Promise(() => undefined),
      () => new Promise(() => undefined),
    );
    await expect(open(testStack(proxy.url), IMPATIENT).items(keys(1))).rejects.toThrow(
      /: .*timed out after 200 ms of inactivity.*; --force puts/,
    );
  });
});

describe("an event table", () => {
  it("that does not exist is named, with --force", async () => {
    const stack = testStack(proxy.url);
    stack.outputs.table_name = "missing";
    await expect(open(stack).items(keys(1))).rejects.toThrow(
      /^could not read the table missing in eu-west-1 at .*: Requested resource not found; --force puts/,
    );
  });

  it("which the operator may not read is named, with the permission and --force", async () => {
    proxy.inject(failCall("AccessDeniedException"));
    await expect(open().items(keys(1))).rejects.toThrow(
      /^your AWS credentials may not read the table table in .*; they need dynamodb:BatchGetItem on it, or --force puts/,
    );
  });

  it("is named, with how to sign in, when there are no credentials", async () => {
    const env = { AWS_EC2_METADATA_DISABLED: "true", HOME: "/nonexistent" };
    const environment = jest.replaceProperty(process, "env", env);
    const { outputs } = testStack(proxy.url);
    try {
      await expect(open({ outputs }).items(keys(1))).rejects.toThrow(
        /^there are no credentials to read the table table in eu-west-1 with: .*; sign in as for the AWS CLI, for example with AWS_PROFILE$/,
      );
    } finally {
      environment.restore();
    }
  });

  it("is asked no more once the run is interrupted", async () => {
    const opened = open();
    proxy.inject(async () => {
      abort.abort();
      return new Promise(() => undefined);
    });
    await expect(opened.items(keys(1))).rejects.toThrow(
      expect.objectContaining({
        message: "interrupted: what was not removed is still set aside",
        exitCode: 130,
      }),
    );
  });
});
