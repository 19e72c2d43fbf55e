import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { newestItems } from "../../../operator/explore/newest-items";
import { type PublishedStack, publishLocalStack, RUN_PATH } from "../../../shared/local-stack";
import { emulatorAccess } from "../../support/aws-access";
import { type DynamoDbEmulator, startDynamoDbEmulator } from "../../support/dynamodb-emulator";
import { runEntryPoint } from "../../support/entry-point";
import { answerWith, type FaultProxy, startFaultProxy } from "../../support/fault-proxy";
import { useTemporaryDirectory } from "../../support/temporary-directory";

const directory = useTemporaryDirectory();
let emulator: DynamoDbEmulator;
let client: DynamoDBDocumentClient;
let cloud: FaultProxy;
let published: PublishedStack;

beforeAll(async () => {
  emulator = await startDynamoDbEmulator();
  client = DynamoDBDocumentClient.from(new DynamoDBClient(emulatorAccess(emulator.url)));
  cloud = await startFaultProxy(emulator.url);
  await emulator.createTable("empty");
  await emulator.createTable("posts");
  await write(
    "posts",
    Array.from({ length: 60 }, (_, index) => item(index)),
  );
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
  await emulator.stop();
});
beforeEach(() => serve("posts"));
afterEach(() => published.remove());

/** The item of a minute of the day; authors repeat, so that the table's own order is another. */
function item(minute: number) {
  const time = `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  return {
    Username: `author-${minute % 7}`,
    Id: `${minute}`,
    Timestamp: `2026-11-23T${time}:00.000Z`,
    Message: `post ${minute}`,
  };
}

async function write(table: string, items: readonly Record<string, unknown>[]) {
  for (let start = 0; start < items.length; start += 25) {
    const requests = items.slice(start, start + 25).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
  }
}

/** Makes the proxy a local cloud whose stack has this table. */
async function serve(tableName: string) {
  const outputs = {
    stream_name: "s",
    region: "eu-west-1",
    access_key_id: "producer",
    secret_access_key: "producer-secret",
    table_name: tableName,
    function_name: "f",
    failure_bucket_name: "b",
  };
  const operator = { accessKeyId: "AKIAOPERATOR", secretAccessKey: "operator-secret" };
  published = await publishLocalStack(Number(new URL(cloud.url).port), { outputs, operator });
  cloud.injectAlways((request, forward) =>
    request.path === RUN_PATH ? answerWith(200, published.run)(request, forward) : forward(request),
  );
}

function explore(...args: string[]) {
  return runEntryPoint("operator/explore/cli.ts", ["--local", "--port", new URL(cloud.url).port, ...args], {
    cwd: directory.path,
  });
}

describe("explore", () => {
  it("shows the ten newest records as a table, read under the operator's key", async () => {
    const run = await explore();
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout.match(/post \d+/g)).toEqual(
      [59, 58, 57, 56, 55, 54, 53, 52, 51, 50].map((n) => `post ${n}`),
    );
    expect(run.stdout).toMatch(/\nthe newest 10 records of the 60 items in the table posts\n$/);
    expect(cloud.requests.at(-1)?.headers.authorization).toContain("Credential=AKIAOPERATOR/");
  });

  it("prints whole items as lines of JSON", async () => {
    const run = await explore("--json", "--count", "2");
    expect(run.stdout.split("\n").map((line) => line && JSON.parse(line))).toEqual([item(59), item(58), ""]);
    expect(JSON.parse(run.stderr)).toEqual({ shown: 2, read: 60, complete: true, itemsInTable: null });
  });

  it("reports an empty table", async () => {
    await serve("empty");
    expect(await explore()).toEqual({
      exitCode: 0,
      stdout: "the table empty holds no records\n",
      stderr: "",
    });
  });

  it("fails with the remedy when there is no such table", async () => {
    await serve("missing");
    const run = await explore();
    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toMatch(
      /^error: the table missing in eu-west-1 at http:.* does not exist; deploy the stack/,
    );
  });

  it.each([
    ["--count", "0"],
    ["--scan", "none"],
    ["--user", ""],
  ])("does not take %s %s", async (...args) => {
    expect(await explore(...args)).toMatchObject({ exitCode: 2, stdout: "" });
  });
});

describe("newestItems", () => {
  it("compares times, not their spelling, and skips what is not an event", async () => {
    await emulator.createTable("mixed");
    const values = [
      { ...item(1), Id: "a", Timestamp: "2026-11-23T10:00:00Z" },
      { ...item(1), Id: "b", Timestamp: "2026-11-23T10:00:00.500Z" },
      { ...item(1), Id: "c", Timestamp: "2026-11-23T09:59:59.999Z" },
      { ...item(1), Id: "d", Timestamp: "yesterday" },
      { Username: "x", Id: "e", Other: 1 },
    ];
    await write("mixed", values);
    const found = await newestItems(client, { tableName: "mixed", count: 10, limit: 100 });
    expect(found.items.map(({ Id }) => Id)).toEqual(["b", "a", "c"]);
    expect(found).toMatchObject({ read: 5, stoppedEarly: false });
  });

  it("reads as many pages as it takes", async () => {
    await emulator.createTable("large");
    await write(
      "large",
      Array.from({ length: 12 }, (_, index) => ({ ...item(index), Filler: "x".repeat(200_000) })),
    );
    const search = { tableName: "large", count: 3 };
    const found = await newestItems(client, { ...search, limit: 100 });
    expect(found.items.map(({ Id }) => Id)).toEqual(["11", "10", "9"]);
    expect(found).toMatchObject({ read: 12, stoppedEarly: false });
    expect(await newestItems(client, { ...search, limit: 7 })).toMatchObject({ read: 7, stoppedEarly: true });
  });
});
