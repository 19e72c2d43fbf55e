import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type LocalCloud, startLocalCloud } from "../../../../local/cloud/local-cloud";
import { OUR_TAG } from "../../../../producer/sources/x/rule-owner";
import { BEARER_TOKEN, breakingOff, delivering, streamedPost } from "../../../../test-servers/x-server";
import { runEntryPoint, startEntryPoint } from "../../../support/entry-point";
import { until } from "../../../support/moment";
import { synthesizeStack } from "../../../support/synthesized-stack";
import { useTemporaryDirectory } from "../../../support/temporary-directory";
import { CONSUMER, expectNoCredentials, TOKEN, useXServer } from "../../../support/x-environment";

const CLI = "producer/cli.ts";
const fixture = useXServer();
const directory = useTemporaryDirectory();

function options(env: Record<string, string>) {
  return { cwd: directory.path, env: { ...fixture.environment(), ...env } };
}

let cloud: LocalCloud;

beforeAll(async () => {
  cloud = await startLocalCloud({
    stackFile: synthesizeStack({ batchWindowSeconds: 0 }).file,
    port: 0,
    logFolder: mkdtempSync(path.join(tmpdir(), "logs-")),
    onProblem: (message) => process.stderr.write(message),
  });
});
afterAll(() => cloud.stop());

function toCloud(): string[] {
  return ["--local", "--port", `${cloud.port}`, "--json"];
}

/** The stored posts of an author. */
async function stored(username: string) {
  await cloud.caughtUp();
  const { Items = [] } = await DynamoDBDocumentClient.from(cloud.clients.dynamodb).send(
    new ScanCommand({ TableName: cloud.outputs.table_name }),
  );
  return Items.filter(({ Username }) => Username === username).sort((a, b) => a.Id.localeCompare(b.Id));
}

describe("posts from X, through the local cloud to its table", () => {
  it("are streamed by a rule for the terms, which is removed again", async () => {
    const text = "今日は😋✨ 👨‍👩‍👧";
    const ids = ["1", "2", "3"];
    fixture.x.behave(
      delivering(...ids.map((id) => streamedPost({ id, username: "main", text: `${text} ${id}` }))),
    );
    const args = ["--source", "x", "--track", "yolo,two words", "--count", "3", ...toCloud()];
    const run = await runEntryPoint(CLI, args, options(CONSUMER));

    expect(run.stderr.split("\n")).toEqual([
      "X charges for every post that is read, about $0.005 (see https://docs.x.com/x-api/getting-started/pricing); --max-posts <n> sets a limit",
      "streaming posts from X that match yolo OR (two words)",
      "X: 3 posts read, about $0.015",
      "",
    ]);
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 3, rejected: 0, undelivered: 0 });
    expectNoCredentials(run);
    expect(fixture.x.requests).toEqual([
      "POST /oauth2/token",
      "GET /2/tweets/search/stream/rules",
      "POST /2/tweets/search/stream/rules",
      "GET /2/tweets/search/stream?expansions=author_id&tweet.fields=created_at%2Clang%2Cnote_tweet&user.fields=username%2Cname",
      "POST /2/tweets/search/stream/rules",
    ]);
    expect(fixture.x.rules).toEqual([]);
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
});

describe("posts from X whose connection ends", () => {
  it("stop with Ctrl-C: what was read is delivered, the rule removed, and a restart can connect at once", async () => {
    fixture.x.behave(delivering(streamedPost({ id: "1", username: "ctrl-c" })));
    const args = ["--source", "x", "--track", "yolo", ...toCloud()];
    const first = startEntryPoint(CLI, args, options(TOKEN));
    const handled = cloud.handledRecords();
    await until(() => cloud.handledRecords() > handled);
    const tag = expect.stringMatching(`^${OUR_TAG}:[0-9a-f]{8}:${first.process.pid}:[0-9a-f]{8}$`);
    expect(fixture.x.rules).toEqual([{ id: "1", value: "yolo", tag }]);
    first.process.kill("SIGINT");
    const run = await first.ended;

    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 1, undelivered: 0 });
    expect(run.stderr).toContain("X: 1 post read, about $0.005\n");
    await until(() => fixture.x.streams.size === 0);
    expect(fixture.x.rules).toEqual([]);

    fixture.x.behave(delivering(streamedPost({ id: "2", username: "ctrl-c", ruleId: "2" })));
    const second = await runEntryPoint(CLI, [...args, "--count", "1"], options(TOKEN));
    expect(second.exitCode).toBe(0);
    expect(second.stderr).not.toContain("connecting again");
    expect(await stored("ctrl-c")).toMatchObject([{ Id: "1" }, { Id: "2" }]);
  });

  it("continue after the connection was broken, and the gap is reported", async () => {
    fixture.x.behave(
      breakingOff(streamedPost({ id: "1", username: "gap" })),
      delivering(streamedPost({ id: "1", username: "gap" }), streamedPost({ id: "2", username: "gap" })),
    );
    const args = ["--source", "x", "--rule", "from:ada -is:retweet", "--count", "3", ...toCloud()];
    const run = await runEntryPoint(CLI, args, options(TOKEN));
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toMatch(/^X: the connection was broken; connecting again in [\d.]+ s$/m);
    expect(run.stderr).toMatch(
      /^X: receiving again; posts from 20\S+Z to 20\S+Z may be missing \([\d.]+ s\)$/m,
    );
    expect(await stored("gap")).toMatchObject([{ Id: "1" }, { Id: "2" }]);
  });
});

describe("posts from X by rules", () => {
  it("come from X without --source if a .env file has its credentials, by rules that were kept", async () => {
    writeFileSync(path.join(directory.path, ".env"), `X_BEARER_TOKEN=${BEARER_TOKEN}\n`);
    fixture.x.behave(delivering(streamedPost({ id: "1", username: "kept" })));
    await runEntryPoint(CLI, ["--track", "yolo", "--keep-rules", "--count", "1", ...toCloud()], options({}));
    expect(fixture.x.rules).toMatchObject([{ value: "yolo", tag: OUR_TAG }]);

    const run = await runEntryPoint(CLI, ["--count", "1", ...toCloud()], options({}));
    expect(run).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("that match yolo\n") });
    expect(fixture.x.rules).toMatchObject([{ value: "yolo", tag: OUR_TAG }]);
    expect(await stored("kept")).toHaveLength(1);
  });

  it("that match only other rules are counted, because they cost money, and skipped", async () => {
    fixture.x.rules = [
      { id: "o1", value: "dogs", tag: "theirs" },
      { id: "k1", value: "cats", tag: OUR_TAG },
    ];
    const posts = ["o1", "1", "o1", "o1"].map((ruleId, id) =>
      streamedPost({ id: `${id}`, username: "others", ruleId }),
    );
    fixture.x.behave(delivering(...posts));
    const args = ["--source", "x", "--track", "yolo", "--max-posts", "3", "--clear-rules", ...toCloud()];
    const run = await runEntryPoint(CLI, args, options(TOKEN));
    expect(run.exitCode).toBe(0);
    expect(run.stderr.split("\n")).toEqual([
      expect.stringContaining("this run reads at most 3, about $0.015"),
      "removed the rules of other runs: cats",
      "this X app has 1 other rule; X also delivers and charges for their posts, which are skipped",
      "streaming posts from X that match yolo",
      "stopped after 3 posts (--max-posts)",
      "X: 3 posts read, about $0.015; 2 of them only by other rules",
      "",
    ]);
    expect(fixture.x.rules).toEqual([{ id: "o1", value: "dogs", tag: "theirs" }]);
    expect(await stored("others")).toMatchObject([{ Id: "1" }]);
  });
});
