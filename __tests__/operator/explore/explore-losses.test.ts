import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type PublishedStack, publishLocalStack, RUN_PATH } from "../../../shared/local-stack";
import { emulatorAccess } from "../../support/aws-access";
import { type DynamoDbEmulator, startDynamoDbEmulator } from "../../support/dynamodb-emulator";
import { runEntryPoint } from "../../support/entry-point";
import { answerWith, type FaultProxy, type ProxyFault, startFaultProxy } from "../../support/fault-proxy";
import { failCall } from "../../support/kinesis-server";
import { useTemporaryDirectory } from "../../support/temporary-directory";
import { testStack } from "../../support/test-stack";

const directory = useTemporaryDirectory();
let emulator: DynamoDbEmulator;
let cloud: FaultProxy;
let published: PublishedStack;
/** How many items each call of the table has read, and been billed for. */
let billed: number[];

beforeAll(async () => {
  emulator = await startDynamoDbEmulator();
  cloud = await startFaultProxy(emulator.url);
  await emulator.createTable("table");
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(emulatorAccess(emulator.url)));
  // A page of 1 MB holds about 10 of them.
  const items = Array.from({ length: 40 }, (_, minute) => item(minute)).map((Item) => ({
    PutRequest: { Item: { ...Item, Filler: "x".repeat(100_000) } },
  }));
  for (let start = 0; start < items.length; start += 20)
    await client.send(new BatchWriteCommand({ RequestItems: { table: items.slice(start, start + 20) } }));
  client.destroy();
});
afterAll(async () => {
  await cloud.stop();
  await emulator.stop();
});
beforeEach(async () => {
  const { outputs, operator = { accessKeyId: "o", secretAccessKey: "s" } } = testStack(cloud.url);
  published = await publishLocalStack(Number(new URL(cloud.url).port), { outputs, operator });
  serve();
});
afterEach(() => published.remove());

/** Half of the items are ada's; the even ones. Ids have the same length, and grow with time. */
function item(minute: number) {
  const minutes = String(minute).padStart(2, "0");
  return {
    Username: minute % 2 ? "bob" : "ada",
    Id: `10${minutes}`,
    Timestamp: `2026-11-23T07:${minutes}:00Z`,
    Message: `post ${minute}`,
  };
}

const describedWith = (ItemCount: number) => answerWith(200, { Table: { ItemCount } });

/** Makes the proxy a local cloud whose table DynamoDB describes so. */
function serve(describeTable: ProxyFault = describedWith(1_234_567)) {
  billed = [];
  cloud.injectAlways(async (request, forward) => {
    if (request.path === RUN_PATH) return answerWith(200, published.run)(request, forward);
    if (request.headers["x-amz-target"] === "DynamoDB_20120810.DescribeTable")
      return describeTable(request, forward);
    const answer = await forward(request);
    billed.push(JSON.parse(answer.body.toString()).ScannedCount);
    return answer;
  });
}

function explore(...args: string[]) {
  return runEntryPoint("operator/explore/cli.ts", ["--local", "--port", new URL(cloud.url).port, ...args], {
    cwd: directory.path,
  });
}

const posts = (text: string) => text.match(/post \d+/g);
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

describe("the newest of only a part of the table", () => {
  it("are not shown as the newest of all: explore says how many items it read, and how many there are", async () => {
    const run = await explore("--scan", "25", "--count", "5");
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toMatch(
      /\nthe newest 5 records of 25 items read; the table table has about 1,234,567, and --scan <items> reads further\n$/,
    );
    expect(posts(run.stdout)).toHaveLength(5);
  });

  it("are read, and billed, no further than --scan allows", async () => {
    await explore("--scan", "25");
    expect(billed.length).toBeGreaterThan(1);
    expect(sum(billed)).toBe(25);
  });

  it.each([
    ["may not be asked", failCall("AccessDeniedException")],
    ["was counted before it filled", describedWith(25)],
  ])("are shown without a total when the table %s", async (_, describeTable) => {
    serve(describeTable);
    const run = await explore("--scan", "25", "--count", "1");
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toMatch(
      /\nthe newest 1 record of 25 items read; the table table may have more, and --scan <items> reads further\n$/,
    );
  });

  it("differ from the newest of all with --json, too, on standard error", async () => {
    const run = await explore("--scan", "25", "--count", "5", "--json");
    expect(run.stdout.trimEnd().split("\n")).toHaveLength(5);
    expect(run.stderr).toBe('{"shown":5,"read":25,"complete":false,"itemsInTable":1234567}\n');
  });
});

describe("--user", () => {
  it("reads only that author's items, from the highest id down", async () => {
    const run = await explore("--user", "ada", "--count", "3");
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(posts(run.stdout)).toEqual(["post 38", "post 36", "post 34"]);
    expect(run.stdout).toMatch(/\nthe newest 3 records of the 20 items of ada in the table table\n$/);
    expect(sum(billed)).toBe(20);
  });

  it("reads no more of them than --scan allows, and says so", async () => {
    const run = await explore("--user", "bob", "--count", "3", "--scan", "13");
    expect(posts(run.stdout)).toEqual(["post 39", "post 37", "post 35"]);
    expect(run.stdout).toMatch(
      /\nthe newest 3 records of 13 items of bob read; the table table may have more, and --scan <items> reads further\n$/,
    );
    expect(sum(billed)).toBe(13);
  });

  it("reports an author who has none", async () => {
    expect(await explore("--user", "carol")).toEqual({
      exitCode: 0,
      stdout: "the table table holds no records of carol\n",
      stderr: "",
    });
  });

  it("names the permission that it needs", async () => {
    cloud.injectAlways((request, forward) =>
      (request.path === RUN_PATH ? answerWith(200, published.run) : failCall("AccessDeniedException"))(
        request,
        forward,
      ),
    );
    expect((await explore("--user", "ada")).stderr).toMatch(/; they need dynamodb:Query on it\n$/);
    expect((await explore()).stderr).toMatch(/; they need dynamodb:Scan on it\n$/);
  });
});
