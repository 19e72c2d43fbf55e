import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type LocalCloud, startLocalCloud } from "../../../local/cloud";
import { OUR_TAG } from "../../../producer/sources/x/rules";
import { type Certificate, makeCertificate } from "../../support/certificate";
import { answerAfter } from "../../support/fault-proxy";
import { type KinesisServer, STREAM_NAME, startKinesisServer } from "../../support/kinesis-server";
import { moment, settled, until } from "../../support/moment";
import { type CommandRun, runCommand, startCommand } from "../../support/run-command";
import { synthesizeStack } from "../../support/synthesized-stack";
import { useTemporaryDirectory } from "../../support/temporary-directory";
import {
  BEARER_TOKEN,
  breakingOff,
  CONSUMER_KEY,
  CONSUMER_SECRET,
  delivering,
  flooding,
  refusing,
  startXServer,
  streamedPost,
  TOO_MANY_CONNECTIONS,
  type XServer,
} from "../../support/x-server";

const CLI = "producer/cli.ts";
const TOKEN = { X_BEARER_TOKEN: BEARER_TOKEN };
const CONSUMER = { X_CONSUMER_KEY: CONSUMER_KEY, X_CONSUMER_SECRET: CONSUMER_SECRET };

const directory = useTemporaryDirectory();
let certificate: Certificate;
let x: XServer;

beforeAll(() => {
  certificate = makeCertificate();
});
beforeEach(async () => {
  x = await startXServer(certificate);
});
afterEach(() => x.stop());

function options(env: Record<string, string>) {
  const server = { X_API_URL: x.url, NODE_EXTRA_CA_CERTS: certificate.file };
  return { cwd: directory.path, env: { ...server, ...env } };
}

function expectNoCredentials({ stdout, stderr }: CommandRun): void {
  for (const secret of [BEARER_TOKEN, CONSUMER_KEY, CONSUMER_SECRET])
    expect(stdout + stderr).not.toContain(secret);
}

describe("posts from X, through the local cloud to its table", () => {
  let cloud: LocalCloud;

  beforeAll(async () => {
    cloud = await startLocalCloud({
      stackFile: synthesizeStack({ batchWindowSeconds: 0 }).file,
      port: 0,
      logFolder: mkdtempSync(path.join(tmpdir(), "logs-")),
      problem: (message) => process.stderr.write(message),
    });
  });
  afterAll(() => cloud.stop());

  const toCloud = () => ["--local", "--port", `${cloud.port}`, "--json"];

  /** What is stored of an author's posts. */
  async function stored(username: string) {
    await cloud.caughtUp();
    const { Items = [] } = await DynamoDBDocumentClient.from(cloud.clients.dynamodb).send(
      new ScanCommand({ TableName: cloud.outputs.table_name }),
    );
    return Items.filter(({ Username }) => Username === username).sort((a, b) => a.Id.localeCompare(b.Id));
  }

  it("are streamed by a rule for the terms, which is removed again", async () => {
    const text = "今日は😋✨ 👨‍👩‍👧";
    const ids = ["1", "2", "3"];
    x.behave(delivering(...ids.map((id) => streamedPost({ id, username: "main", text: `${text} ${id}` }))));
    const args = ["--source", "x", "--track", "yolo,two words", "--count", "3", ...toCloud()];
    const run = await runCommand(CLI, args, options(CONSUMER));

    expect(run.stderr.split("\n")).toEqual([
      "X charges for every post that is read, about $0.005 (see https://docs.x.com/x-api/getting-started/pricing); --max-posts <n> sets a limit",
      "streaming posts from X that match yolo OR (two words)",
      "X: 3 posts read, about $0.015",
      "",
    ]);
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 3, rejected: 0, undelivered: 0 });
    expectNoCredentials(run);
    expect(x.requests).toEqual([
      "POST /oauth2/token",
      "GET /2/tweets/search/stream/rules",
      "POST /2/tweets/search/stream/rules",
      "GET /2/tweets/search/stream?expansions=author_id&tweet.fields=created_at%2Clang%2Cnote_tweet&user.fields=username%2Cname",
      "POST /2/tweets/search/stream/rules",
    ]);
    expect(x.rules).toEqual([]);
    expect(await stored("main")).toEqual(
      ids.map((Id) => ({
        Id,
        Username: "main",
        Name: "MAIN",
        Message: `${text} ${Id}`,
        Timestamp: "2026-11-23T07:21:57.000Z",
        Source: "x",
        Lang: "en",
      })),
    );
  });

  it("stop with Ctrl-C: what was read is delivered, the rule removed, and a restart is not refused", async () => {
    x.behave(delivering(streamedPost({ id: "1", username: "ctrl-c" })));
    const args = ["--source", "x", "--track", "yolo", ...toCloud()];
    const first = startCommand(CLI, args, options(TOKEN));
    const handled = cloud.handledRecords();
    await until(() => cloud.handledRecords() > handled);
    expect(x.rules).toMatchObject([{ value: "yolo", tag: OUR_TAG }]);
    first.process.kill("SIGINT");
    const run = await first.ended;

    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 1, undelivered: 0 });
    expect(run.stderr).toContain("X: 1 post read, about $0.005\n");
    expect([...x.streams]).toEqual([]);
    expect(x.rules).toEqual([]);

    x.behave(delivering(streamedPost({ id: "2", username: "ctrl-c", ruleId: "2" })));
    const second = await runCommand(CLI, [...args, "--count", "1"], options(TOKEN));
    expect(second.exitCode).toBe(0);
    expect(second.stderr).not.toContain("connecting again");
    expect(await stored("ctrl-c")).toMatchObject([{ Id: "1" }, { Id: "2" }]);
  });

  it("go on after the connection was broken off, with a note of the gap", async () => {
    x.behave(
      breakingOff(streamedPost({ id: "1", username: "gap" })),
      delivering(streamedPost({ id: "1", username: "gap" }), streamedPost({ id: "2", username: "gap" })),
    );
    const args = ["--source", "x", "--rule", "from:ada -is:retweet", "--count", "3", ...toCloud()];
    const run = await runCommand(CLI, args, options(TOKEN));
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toMatch(/^the connection to X was broken off; connecting again in [\d.]+ s$/m);
    expect(run.stderr).toMatch(
      /^connected to X again; posts from 20\S+Z to 20\S+Z may be missing \([\d.]+ s\)$/m,
    );
    expect(await stored("gap")).toMatchObject([{ Id: "1" }, { Id: "2" }]);
  });

  it("come from X without --source where a .env file has its credentials, by rules that were kept", async () => {
    writeFileSync(path.join(directory.path, ".env"), `X_BEARER_TOKEN=${BEARER_TOKEN}\n`);
    x.behave(delivering(streamedPost({ id: "1", username: "kept" })));
    await runCommand(CLI, ["--track", "yolo", "--keep-rules", "--count", "1", ...toCloud()], options({}));
    expect(x.rules).toMatchObject([{ value: "yolo", tag: OUR_TAG }]);

    const run = await runCommand(CLI, ["--count", "1", ...toCloud()], options({}));
    expect(run).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("that match yolo\n") });
    expect(x.rules).toMatchObject([{ value: "yolo", tag: OUR_TAG }]);
    expect(await stored("kept")).toHaveLength(1);
  });

  it("that match the rules of others only are counted, because they cost, and not put", async () => {
    x.rules = [
      { id: "o1", value: "dogs", tag: "theirs" },
      { id: "s1", value: "cats", tag: OUR_TAG },
    ];
    const posts = ["o1", "1", "o1", "o1"].map((ruleId, id) =>
      streamedPost({ id: `${id}`, username: "others", ruleId }),
    );
    x.behave(delivering(...posts));
    const args = ["--source", "x", "--track", "yolo", "--max-posts", "3", ...toCloud()];
    const run = await runCommand(CLI, args, options(TOKEN));
    expect(run.exitCode).toBe(0);
    expect(run.stderr.split("\n")).toEqual([
      expect.stringContaining("this run reads 3 at most, about $0.015"),
      "removed the rules of an earlier run: cats",
      "this X app has 1 rule of others; X delivers and charges for their posts as well, which are not put on the stream",
      "streaming posts from X that match yolo",
      "stopped after 3 posts, as --max-posts says",
      "X: 3 posts read, about $0.015",
      "",
    ]);
    expect(x.rules).toEqual([{ id: "o1", value: "dogs", tag: "theirs" }]);
    expect(await stored("others")).toMatchObject([{ Id: "1" }]);
  });
});

describe("a run that cannot stream from X", () => {
  const kinesisNowhere = {
    PRODUCER_STREAM_NAME: "posts",
    PRODUCER_REGION: "eu-west-1",
    PRODUCER_ACCESS_KEY_ID: "AKIATEST",
    PRODUCER_SECRET_ACCESS_KEY: "secret",
    PRODUCER_ENDPOINT_URL: "http://127.0.0.1:1",
  };
  const produce = (args: string[], env: Record<string, string>) =>
    runCommand(CLI, args, options({ ...kinesisNowhere, ...env }));

  it.each([
    ["that names no source and has no credentials", [], {}, "name a source with --source"],
    [
      "without credentials",
      ["--source", "x", "--track", "a"],
      {},
      "X issues them at https://developer.x.com",
    ],
    ["with half of the credentials", ["--track", "a"], { X_CONSUMER_KEY: "k" }, "X_CONSUMER_SECRET is not"],
    ["without terms or rules", ["--source", "x"], TOKEN, "name terms with --track <terms>"],
    ["with an empty term", ["--source", "x", "--track", "a,,b"], TOKEN, "values separated by commas"],
    ["that reads nothing", ["--source", "x", "--max-posts", "0"], TOKEN, "an integer of at least 1"],
    [
      "with an option of another source",
      ["--source", "x", "--seed", "1"],
      TOKEN,
      "--seed belongs to --source sample",
    ],
  ])("%s ends with the usage code", async (_, args, env, message) => {
    const run = await produce(args, env);
    expect(run).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining(message) });
    expectNoCredentials(run);
  });

  it("because X does not know the credentials says so, and not what they are", async () => {
    const secret = "a-wrong-token-that-nobody-may-see";
    const run = await produce(["--source", "x", "--track", "a"], { X_BEARER_TOKEN: secret });
    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toBe(
      'error: X does not accept the credentials; create new ones at https://console.x.com under "Keys and tokens", and set X_BEARER_TOKEN, or X_CONSUMER_KEY and X_CONSUMER_SECRET (HTTP 401, Unauthorized)\n',
    );
  });

  it("because Kinesis cannot be reached leaves X as it was", async () => {
    const run = await produce(["--source", "x", "--track", "a"], TOKEN);
    expect(run.stderr).toContain("error: Kinesis cannot be reached");
    expect(x.requests).toEqual(["GET /2/tweets/search/stream/rules"]);
  });
});

describe("posts from X, to a Kinesis stream", () => {
  let kinesis: KinesisServer;

  beforeEach(async () => {
    kinesis = await startKinesisServer();
  });
  afterEach(() => kinesis.stop());

  function toKinesis() {
    return options({
      ...TOKEN,
      PRODUCER_STREAM_NAME: STREAM_NAME,
      PRODUCER_REGION: "eu-west-1",
      PRODUCER_ACCESS_KEY_ID: "AKIATEST",
      PRODUCER_SECRET_ACCESS_KEY: "secret",
      PRODUCER_ENDPOINT_URL: kinesis.url,
    });
  }

  it("all arrive where 5,000 come at once", async () => {
    const ids = Array.from({ length: 5000 }, (_, number) => `${number}`);
    x.behave(flooding(ids.map((id) => streamedPost({ id }))));
    const args = ["--source", "x", "--track", "yolo", "--max-posts", "5000", "--json"];
    const run = await runCommand(CLI, args, toKinesis());
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 5000, rejected: 0, undelivered: 0 });
    const arrived = (await kinesis.records()).map(({ data }) => JSON.parse(data.toString()).id);
    expect(arrived.sort()).toEqual(ids.sort());
  });

  it("are read no further than Kinesis takes them, so that memory stays flat", async () => {
    const { reached: kinesisAnswers, reach: letKinesisAnswer } = moment();
    kinesis.injectAlways(answerAfter(kinesisAnswers));
    const post = streamedPost({ text: "x".repeat(10_000) });
    x.behave(flooding(Array.from({ length: 20_000 }, () => post)));
    const args = ["--source", "x", "--track", "yolo", "--json"];
    const { process: child, ended } = startCommand(CLI, args, toKinesis());

    await until(() => kinesis.calls().length > 0);
    // Of 200 MB: what five calls may carry, and what the network holds.
    expect(await settled(() => x.bytesSent)).toBeLessThan(50_000_000);
    letKinesisAnswer();
    child.kill("SIGINT");
    expect((await ended).exitCode).toBe(0);
  });

  it("do not come when X refuses the stream for good: the run ends with the reason", async () => {
    x.behave(refusing(403, { title: "client-not-enrolled" }));
    const run = await runCommand(CLI, ["--track", "yolo"], toKinesis());
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /^error: this X app may not use the filtered stream; .* at https:\/\/console\.x\.com \(HTTP 403, client-not-enrolled\)$/m,
    );
    expectNoCredentials(run);
  });

  it("do not come while another stream is open: the run says so and waits until it is stopped", async () => {
    x.behave(refusing(429, TOO_MANY_CONNECTIONS));
    const { process: child, stderr, ended } = startCommand(CLI, ["--track", "yolo"], toKinesis());
    await until(() => stderr().includes("connecting again in 60 s"));
    child.kill("SIGINT");
    const run = await ended;
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toMatch(/^this X app already has a stream open, and X allows one: stop the other/m);
  });

  it("do not come by a rule that X does not take; nothing is left at X", async () => {
    const run = await runCommand(CLI, ["--source", "x", "--rule", "bogus:1", "--track", "a"], toKinesis());
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(/error: X does not take the rule bogus:1 \(.*invalid operator 'bogus'/);
    expect(x.rules).toEqual([]);
  });
});
