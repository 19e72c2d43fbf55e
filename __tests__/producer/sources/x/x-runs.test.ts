import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { answering, flooding, streamedPost, TOO_MANY_CONNECTIONS } from "../../../../test-servers/x-server";
import { runEntryPoint, startEntryPoint } from "../../../support/entry-point";
import { answerAfter } from "../../../support/fault-proxy";
import { type KinesisServer, STREAM_NAME, startKinesisServer } from "../../../support/kinesis-server";
import { moment, steady, until } from "../../../support/moment";
import { useTemporaryDirectory } from "../../../support/temporary-directory";
import { expectNoCredentials, TOKEN, useXServer } from "../../../support/x-environment";

const CLI = "producer/cli.ts";
const fixture = useXServer();
const directory = useTemporaryDirectory();

let kinesis: KinesisServer;

function options(env: Record<string, string>) {
  return { cwd: directory.path, env: { ...fixture.environment(), ...env } };
}

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

describe("a run that cannot stream from X", () => {
  const kinesisNowhere = {
    PRODUCER_STREAM_NAME: "posts",
    PRODUCER_REGION: "eu-west-1",
    PRODUCER_ACCESS_KEY_ID: "AKIATEST",
    PRODUCER_SECRET_ACCESS_KEY: "secret",
    PRODUCER_ENDPOINT_URL: "http://127.0.0.1:1",
  };
  const produce = (args: string[], env: Record<string, string>) =>
    runEntryPoint(CLI, args, options({ ...kinesisNowhere, ...env }));

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

  it("because X does not accept the credentials says what to do, and does not show them", async () => {
    const secret = "a-wrong-token-that-nobody-may-see";
    const run = await produce(["--source", "x", "--track", "a"], { X_BEARER_TOKEN: secret });
    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toBe(
      'error: X: the credentials are not valid; create new ones at https://console.x.com under "Keys and tokens", and set X_BEARER_TOKEN, or X_CONSUMER_KEY and X_CONSUMER_SECRET (HTTP 401, Unauthorized)\n',
    );
  });

  it("because Kinesis cannot be reached changes nothing at X", async () => {
    const run = await produce(["--source", "x", "--track", "a"], TOKEN);
    expect(run.stderr).toContain("error: Kinesis cannot be reached");
    expect(fixture.x.requests).toEqual(["GET /2/tweets/search/stream/rules"]);
  });
});

describe("posts from X, to a Kinesis stream", () => {
  beforeEach(async () => {
    kinesis = await startKinesisServer();
  });
  afterEach(() => kinesis.stop());

  it("all arrive where 5,000 come at once", async () => {
    const ids = Array.from({ length: 5000 }, (_, number) => `${number}`);
    fixture.x.behave(flooding(ids.map((id) => streamedPost({ id }))));
    const args = ["--source", "x", "--track", "yolo", "--max-posts", "5000", "--json"];
    const run = await runEntryPoint(CLI, args, toKinesis());
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 5000, rejected: 0, undelivered: 0 });
    const arrived = (await kinesis.records()).map(({ data }) => JSON.parse(data.toString()).id);
    expect(arrived.sort()).toEqual(ids.sort());
  });

  it("are read no further than Kinesis takes them, so that memory stays flat", async () => {
    const { reached: kinesisAnswers, reach: letKinesisAnswer } = moment();
    kinesis.injectAlways(answerAfter(kinesisAnswers));
    const post = streamedPost({ text: "x".repeat(10_000) });
    fixture.x.behave(flooding(Array.from({ length: 20_000 }, () => post)));
    const args = ["--source", "x", "--track", "yolo", "--json"];
    const { process: child, ended } = startEntryPoint(CLI, args, toKinesis());

    await until(() => kinesis.calls().length > 0);
    // Of 200 MB: what five calls may carry, and what the network holds.
    expect(await steady(() => fixture.x.bytesSent)).toBeLessThan(50_000_000);
    letKinesisAnswer();
    child.kill("SIGINT");
    expect((await ended).exitCode).toBe(0);
  });

  it("do not come when X answers with an error that no retry fixes: the run ends with the reason", async () => {
    fixture.x.behave(answering(403, { title: "client-not-enrolled" }));
    const run = await runEntryPoint(CLI, ["--track", "yolo"], toKinesis());
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /^error: X: this app may not use the filtered stream; .* at https:\/\/console\.x\.com \(HTTP 403, client-not-enrolled\)$/m,
    );
    expectNoCredentials(run);
  });

  it("do not come while another stream is open: the run reports it, and waits until it is stopped", async () => {
    fixture.x.behave(answering(429, TOO_MANY_CONNECTIONS));
    const { process: child, stderr, ended } = startEntryPoint(CLI, ["--track", "yolo"], toKinesis());
    await until(() => stderr().includes("connecting again in 60 s"));
    child.kill("SIGINT");
    const run = await ended;
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toMatch(/^X: this app already has a stream open, and X allows one: stop the other/m);
  });

  it("do not come by a rule that X does not accept; no rule stays at X", async () => {
    const run = await runEntryPoint(CLI, ["--source", "x", "--rule", "bogus:1", "--track", "a"], toKinesis());
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(/error: X does not accept the rule bogus:1 \(.*invalid operator 'bogus'/);
    expect(fixture.x.rules).toEqual([]);
  });
});
