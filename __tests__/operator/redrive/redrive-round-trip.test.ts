import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { PutRecordCommand } from "@aws-sdk/client-kinesis";
import { afterEach, describe, expect, it } from "@jest/globals";
import type { FaultRates } from "../../../local/chaos/strike-plan";
import { type LocalCloud, startLocalCloud } from "../../../local/cloud/local-cloud";
import type { Random } from "../../../shared/random";
import { quietChaos } from "../../support/chaos";
import { runEntryPoint } from "../../support/entry-point";
import { setAsideData } from "../../support/failure-bucket";
import { aggregate } from "../../support/kpl";
import { post } from "../../support/posts";
import { synthesizeStack } from "../../support/synthesized-stack";
import { temporaryDirectory } from "../../support/temporary-directory";

let cloud: LocalCloud;
afterEach(() => cloud.stop());

async function startCloud(settings: object = {}, rates: Partial<FaultRates> = {}, random?: Random) {
  const chaos = quietChaos({ rates, ...(random && { random }) });
  cloud = await startLocalCloud({
    stackFile: synthesizeStack({ batchWindowSeconds: 0, ...settings }).file,
    port: 0,
    logFolder: temporaryDirectory(),
    chaos,
    onProblem: () => undefined,
  });
  return chaos;
}

const local = () => ["--local", "--port", String(cloud.port)];

function redrive(...args: string[]) {
  return runEntryPoint("operator/redrive/cli.ts", [...local(), ...args], { cwd: temporaryDirectory() });
}

async function produce(lines: readonly Buffer[]) {
  const cwd = temporaryDirectory();
  await writeFile(join(cwd, "input"), Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")])));
  const run = await runEntryPoint("producer/cli.ts", [...local(), "--input", "input", "--raw", "--json"], {
    cwd,
  });
  expect({ exitCode: run.exitCode, ...JSON.parse(run.stdout) }).toMatchObject({
    exitCode: 0,
    acknowledged: lines.length,
  });
}

/** A line in a hundred is broken, in every way in turn. */
function linesWithBroken(count: number) {
  const ways: ((index: number) => Buffer)[] = [
    (index) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`${index}`)]),
    (index) => Buffer.from(`{"id":"${index}"`),
    (index) => Buffer.from(JSON.stringify({ id: index })),
    (index) => Buffer.from(JSON.stringify(post({ id: `${index}`, text: "x".repeat(401 * 1024) }))),
    () => Buffer.alloc(0),
  ];
  const broken: Buffer[] = [];
  const lines = Array.from({ length: count }, (_, index) => {
    const way = index % 100 === 50 ? ways[Math.floor(index / 100) % ways.length] : undefined;
    if (!way) return Buffer.from(JSON.stringify(post({ id: `${index}`, username: `author-${index % 20}` })));
    const line = way(index);
    broken.push(line);
    return line;
  });
  return { lines, broken };
}

const sorted = (data: readonly Buffer[]) => data.map((bytes) => bytes.toString("hex")).sort();

describe("records that can never be stored", () => {
  it("are listed by reason, put back, and set aside again, byte for byte", async () => {
    await startCloud();
    const { lines, broken } = linesWithBroken(1000);
    await produce(lines);
    await cloud.caughtUp();
    const run = await redrive("--list", "--json");
    expect(run.exitCode).toBe(0);
    const { records, reasons } = JSON.parse(run.stdout);
    expect(records).toBe(10);
    expect(
      reasons.map(({ reason, records }: { reason: string; records: number }) => [reason, records]),
    ).toEqual([
      ["invalid-event", 2],
      ["invalid-json", 4],
      ["invalid-utf8", 2],
      ["item-too-large", 2],
    ]);

    const handled = cloud.handledRecords();
    expect(await redrive()).toMatchObject({ exitCode: 0, stderr: "" });
    await cloud.caughtUp();
    expect(cloud.handledRecords() - handled).toBe(10);
    expect(sorted(await setAsideData(cloud))).toEqual(sorted(broken));
  }, 60_000);

  it("among those that the KPL aggregated are put back as records of their own", async () => {
    await startCloud();
    const { stream_name: StreamName } = cloud.outputs;
    const Data = await aggregate([
      { partitionKey: "ada", data: JSON.stringify(post()) },
      { partitionKey: "grace", data: "{broken" },
    ]);
    await cloud.clients.kinesis.send(new PutRecordCommand({ StreamName, PartitionKey: "any", Data }));
    await cloud.caughtUp();
    expect((await redrive()).stdout).toContain("put 1 record back");
    await cloud.caughtUp();
    expect(sorted(await setAsideData(cloud))).toEqual(sorted([Buffer.from("{broken")]));
  }, 60_000);

  it("are still there, byte for byte, when everything fails while they are put back", async () => {
    const chaos = await startCloud(
      {},
      {
        throttled: 0.1,
        "server-error": 0.1,
        "connection-reset": 0.1,
        "lost-response": 0.1,
        "partial-failure": 0.5,
        "function-killed": 0.1,
      },
    );
    const broken = Array.from({ length: 100 }, (_, index) => Buffer.from(`{${index}`));
    await produce(broken);
    await cloud.caughtUp();
    expect(await redrive()).toMatchObject({ exitCode: 0 });
    await cloud.caughtUp();
    await chaos.end();
    const found = new Set(sorted(await setAsideData(cloud)));
    expect([...found].sort()).toEqual(sorted(broken));
  }, 60_000);
});

/** Invocations that are killed later may have stored their records by then. */
const KILL_AT_ONCE: Random = () => 0;

describe("failed batches", () => {
  it("are put back and stored once their cause is gone", async () => {
    const chaos = await startCloud({ maximumRetryAttempts: 0 }, { "function-killed": 1 }, KILL_AT_ONCE);
    await produce(
      Array.from({ length: 30 }, (_, index) => Buffer.from(JSON.stringify(post({ id: `${index}` })))),
    );
    await cloud.caughtUp();
    const before = await redrive("--list", "--json");
    expect(JSON.parse(before.stdout)).toMatchObject({
      records: 30,
      reasons: [{ reason: "RetryAttemptsExhausted" }],
    });

    await chaos.end();
    expect(await redrive()).toMatchObject({ exitCode: 0, stderr: "" });
    await cloud.caughtUp();
    const { Count } = await cloud.clients.dynamodb.send(
      new ScanCommand({ TableName: cloud.outputs.table_name }),
    );
    expect(Count).toBe(30);
    expect(await setAsideData(cloud)).toEqual([]);
  }, 60_000);

  it("do not turn a stored item back to an older version of its event, unless they are forced to", async () => {
    const chaos = await startCloud({ maximumRetryAttempts: 0 }, { "function-killed": 1 }, KILL_AT_ONCE);
    const version = (text: string) => Buffer.from(JSON.stringify(post({ text })));
    await produce([version("older")]);
    await cloud.caughtUp();
    await chaos.end();
    await produce([version("newer")]);
    await cloud.caughtUp();

    const run = await redrive();
    expect(run).toMatchObject({ exitCode: 3 });
    expect(run.stderr).toMatch(
      /^superseded: aws\/lambda\/.*: record 1: the table has another version of its event/,
    );
    await cloud.caughtUp();
    expect(await messages()).toEqual(["newer"]);
    expect(await setAsideData(cloud)).toEqual([version("older")]);

    expect(await redrive("--force")).toMatchObject({ exitCode: 0, stderr: "" });
    await cloud.caughtUp();
    expect(await messages()).toEqual(["older"]);
    expect(await setAsideData(cloud)).toEqual([]);
  }, 60_000);
});

/** The texts of the posts in the table. */
async function messages() {
  const { Items = [] } = await cloud.clients.dynamodb.send(
    new ScanCommand({ TableName: cloud.outputs.table_name }),
  );
  return Items.map(({ Message }) => Message?.S);
}
