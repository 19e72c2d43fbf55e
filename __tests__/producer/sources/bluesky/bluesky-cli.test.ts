import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type LocalCloud, startLocalCloud } from "../../../../local/cloud/local-cloud";
import { blueskyPost, EIGHT_US, type Message } from "../../../../test-servers/jetstream-messages";
import {
  flood,
  type JetstreamServer,
  sendAndReset,
  sendFirst,
  sendInPieces,
  startJetstreamServer,
} from "../../../../test-servers/jetstream-server";
import type { RunningEntryPoint } from "../../../support/entry-point";
import { answerAfter } from "../../../support/fault-proxy";
import { moment, until } from "../../../support/moment";
import { useProducer } from "../../../support/producer";
import { synthesizeStack } from "../../../support/synthesized-stack";
import { temporaryDirectory } from "../../../support/temporary-directory";

const producer = useProducer();
let server: JetstreamServer;
let running: RunningEntryPoint | undefined;

beforeEach(async () => {
  server = await startJetstreamServer();
});
afterEach(async () => {
  running?.process.kill("SIGKILL");
  running = undefined;
  await server.stop();
});

/** Starts the producer with the server as its source. */
function start(...args: string[]): RunningEntryPoint {
  running = producer.start(["--source", "bluesky", "--jetstream-url", server.url.href, ...args]);
  return running;
}

function posts(first: number, last: number): Message[] {
  return Array.from({ length: last - first + 1 }, (_, index) => blueskyPost(first + index));
}

function keys(first: number, last: number): string[] {
  return posts(first, last).map((_, index) => `post-${first + index}`);
}

async function storedIds(): Promise<string[]> {
  return (await producer.storedData()).map((data) => JSON.parse(data).id);
}

describe("produce --source bluesky", () => {
  let cloud: LocalCloud;
  beforeAll(async () => {
    const stack = synthesizeStack({ batchWindowSeconds: 0 });
    cloud = await startLocalCloud({
      stackFile: stack.file,
      port: 0,
      logFolder: temporaryDirectory(),
      onProblem: () => {},
    });
  });
  afterAll(() => cloud.stop());

  it("takes posts to the table of the local cloud, whatever goes wrong on the way", async () => {
    const greeting = blueskyPost(1, { text: "今日は😋 שלום 👩‍👩‍👧‍👦" });
    server.inject(
      sendInPieces(greeting, 7),
      sendAndReset(blueskyPost(2), blueskyPost(3)),
      { answer: 503 },
      sendFirst("{malformed"),
    );
    const { process: child, stderr, ended } = start("--local", "--port", String(cloud.port), "--json");
    await until(async () => (await tableItems()).length === 1);
    server.publish(greeting, blueskyPost(2), blueskyPost(3));
    server.drop();
    await until(() => stderr().includes("rejected: invalid-json: the message is not JSON"));
    server.publish(blueskyPost(4, { langs: ["he"] }));
    await until(async () => (await tableItems()).length === 4);
    child.kill("SIGINT");

    const { exitCode, stdout } = await ended;
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ rejected: 1, undelivered: 0 });
    expect(producer.rejects().toString()).toBe("{malformed\n");
    const items = (await tableItems()).sort((a, b) => String(a.Id?.S).localeCompare(String(b.Id?.S)));
    expect(items).toMatchObject([
      { Id: { S: "post-1" }, Username: { S: "did:plc:ada" }, Message: { S: "今日は😋 שלום 👩‍👩‍👧‍👦" } },
      { Id: { S: "post-2" }, Source: { S: "bluesky" }, Timestamp: { S: "2026-11-23T08:00:02.000Z" } },
      { Id: { S: "post-3" }, Message: { S: "Hello 3" } },
      { Id: { S: "post-4" }, Message: { S: "Hello 4" }, Lang: { S: "he" } },
    ]);
  });

  async function tableItems() {
    const { Items = [] } = await cloud.clients.dynamodb.send(
      new ScanCommand({ TableName: cloud.outputs.table_name }),
    );
    return Items;
  }
});

describe("Ctrl-C", () => {
  it("closes the connection, delivers what has arrived, and exits with 0", async () => {
    const { process: child, ended } = start("--json");
    await until(() => server.connections() === 1);
    server.publish(...posts(1, 20));
    await until(() => producer.kinesis.calls().length > 0);
    child.kill("SIGINT");
    const { exitCode, stdout, stderr } = await ended;
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: "stopping: delivering what was read; Ctrl-C again stops immediately\n",
    });
    expect(JSON.parse(stdout)).toMatchObject({ acknowledged: 20 });
    expect(await storedIds()).toEqual(keys(1, 20));
    await until(() => server.connections() === 0);
  });

  it("ends the wait for another connection", async () => {
    server.inject(...Array.from({ length: 9 }, () => ({ answer: 503 })));
    const { process: child, stderr, ended } = start();
    await until(() => stderr().includes("connecting again"));
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ exitCode: 0 });
  });
});

describe("--track and --lang", () => {
  it("deliver only what they name", async () => {
    const { ended } = start(
      "--track",
      "hello 2,HELLO 3",
      "--track",
      "hello 4",
      "--lang",
      "en",
      "--count",
      "2",
    );
    await until(() => server.connections() === 1);
    const langs = ["en"];
    server.publish(...[1, 2, 3, 4].map((at) => blueskyPost(at, at === 3 ? {} : { langs })));
    expect(await ended).toMatchObject({ exitCode: 0 });
    expect(await storedIds()).toEqual(["post-2", "post-4"]);
  });
});

describe("--resume", () => {
  const file = () => path.join(producer.directory, ".producer/bluesky.checkpoint.json");
  const position = () => (existsSync(file()) ? JSON.parse(readFileSync(file(), "utf8")).position : undefined);

  it("resumes, after SIGKILL, from what Kinesis acknowledged, and a few seconds earlier", async () => {
    const [one, others] = [moment(), moment()];
    const first = start("--resume");
    await until(() => server.connections() === 1);
    server.publish(...posts(1, 10));
    await until(() => position() === EIGHT_US + 10e6);
    producer.kinesis.inject(answerAfter(one.reached), answerAfter(others.reached));
    const calls = producer.kinesis.calls().length;
    server.publish(...posts(11, 11));
    await until(() => producer.kinesis.calls().length > calls);
    server.publish(...posts(12, 20));
    await until(() => producer.kinesis.calls().length > calls + 1);
    // The checkpoint is saved after this, when all have been sent, but only the first is acknowledged.
    one.reach();
    await until(() => position() !== EIGHT_US + 10e6);
    first.process.kill("SIGKILL");
    await first.ended;
    others.reach();
    expect(position()).toBe(EIGHT_US + 11e6);

    const second = start("--resume");
    await until(() => position() === EIGHT_US + 20e6);
    second.process.kill("SIGINT");
    expect((await second.ended).stderr).toContain(
      "resuming after 2026-11-23T08:00:11.000Z of Bluesky (checkpoint .producer/bluesky.checkpoint.json)\n",
    );
    expect(server.subscriptions[1]?.parameters.get("cursor")).toBe(String(EIGHT_US + 6e6));
    expect(new Set(await storedIds())).toEqual(new Set(keys(1, 20)));
  });

  it("passes unwanted posts", async () => {
    const { process: child, ended } = start("--resume", "--track", "nobody says this");
    await until(() => server.connections() === 1);
    server.publish(...posts(1, 3));
    await until(() => position() === EIGHT_US + 3e6);
    child.kill("SIGINT");
    await ended;
  });
});

describe("a stream that stalls", () => {
  it("holds Jetstream back: posts wait at the server, not in this program's memory", async () => {
    const { reached, reach } = moment();
    producer.kinesis.injectAlways(answerAfter(reached));
    const count = 20_000;
    const padding = "x".repeat(2000);
    let sentBytes = 0;
    const messages = function* () {
      for (let index = 0; index < count; index++) yield blueskyPost(index / 1000, { embed: { padding } });
    };
    server.inject(
      flood(messages(), (bytes) => {
        sentBytes += bytes;
      }),
    );
    const { ended } = start("--json", "--count", String(count));
    await until(() => producer.kinesis.calls().length === 4);
    for (let before = -1; before !== sentBytes; await sleep(1000)) before = sentBytes;
    // What the connection itself holds, and some batches, of more than 40 MB.
    expect(sentBytes).toBeLessThan(16e6);

    producer.kinesis.injectAlways(undefined);
    reach();
    const { exitCode, stdout } = await ended;
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ acknowledged: count, undelivered: 0 });
  });
});
