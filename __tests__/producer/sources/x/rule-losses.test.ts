import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { newRunTag, OUR_TAG, ownerOf } from "../../../../producer/sources/x/rule-owner";
import { planRules, type Rule } from "../../../../producer/sources/x/rules";
import { delivering, streamedPost } from "../../../../test-servers/x-server";
import { runEntryPoint, startEntryPoint } from "../../../support/entry-point";
import { type KinesisServer, STREAM_NAME, startKinesisServer } from "../../../support/kinesis-server";
import { until } from "../../../support/moment";
import { useTemporaryDirectory } from "../../../support/temporary-directory";
import { TOKEN, useXServer } from "../../../support/x-environment";

const MACHINE = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
/** No process has an id as high as this: https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html */
const NO_PROCESS = 2 ** 22 + 1;

function runTag(machine: string, pid: number): string {
  return `${OUR_TAG}:${machine}:${pid}:0a1b2c3d`;
}

const foreign = { id: "1", value: "dogs", tag: "theirs" };
const untagged = { id: "2", value: "birds" };
const kept = { id: "3", value: "fish", tag: OUR_TAG };
const ended = { id: "4", value: "cats", tag: runTag(MACHINE, NO_PROCESS) };
const running = { id: "5", value: "cows", tag: runTag(MACHINE, process.ppid) };
const elsewhere = { id: "6", value: "pigs", tag: runTag("ffffffff", NO_PROCESS) };
const all: Rule[] = [foreign, untagged, kept, ended, running, elsewhere];

describe("the owner of a rule", () => {
  it.each([
    ["nobody of ours, with another tag", foreign.tag, "foreign"],
    ["nobody of ours, without a tag", undefined, "foreign"],
    ["nobody of ours, with a tag that only begins like ours", `${OUR_TAG}:x`, "foreign"],
    ["later runs, if it was kept", OUR_TAG, "kept"],
    ["a run that has ended, if its process is gone", ended.tag, "ended-run"],
    ["a run that has ended, if its process id is now our own", runTag(MACHINE, process.pid), "ended-run"],
    ["another run, if its process runs", running.tag, "other-run"],
    ["another run, if it was started on another machine", elsewhere.tag, "other-run"],
  ])("is %s", (_, tag, owner) => {
    expect(ownerOf(tag)).toBe(owner);
  });

  it("is named by a tag that differs from run to run", () => {
    const [first, second] = [newRunTag(), newRunTag()];
    expect(first).toMatch(new RegExp(`^${OUR_TAG}:${MACHINE}:${process.pid}:[0-9a-f]{8}$`));
    expect(second).not.toBe(first);
  });
});

describe("a plan for an app's rules", () => {
  it("removes those of runs that have ended, and leaves those of running ones, kept ones and others", () => {
    expect(planRules(all, ["yolo"], false)).toEqual({
      remove: [ended],
      create: ["yolo"],
      use: [],
      others: [foreign, untagged, kept, running, elsewhere],
    });
  });

  it("creates a wanted rule anew that belongs to an ended run, and uses one that is anyone else's", () => {
    expect(planRules(all, ["cats", "cows", "dogs", "fish"], false)).toEqual({
      remove: [ended],
      create: ["cats"],
      use: [foreign, kept, running],
      others: [untagged, elsewhere],
    });
  });

  it("uses the kept rules where none are wanted", () => {
    expect(planRules(all, [], false)).toEqual({
      remove: [ended],
      create: [],
      use: [kept],
      others: [foreign, untagged, running, elsewhere],
    });
  });

  it("with --clear-rules removes all of ours that are not wanted, and no other", () => {
    expect(planRules(all, ["cows"], true)).toEqual({
      remove: [kept, ended, elsewhere],
      create: [],
      use: [running],
      others: [foreign, untagged],
    });
  });
});

describe("a second run of --source x", () => {
  const fixture = useXServer();
  const directory = useTemporaryDirectory();
  let kinesis: KinesisServer;
  beforeEach(async () => {
    kinesis = await startKinesisServer();
  });
  afterEach(() => kinesis.stop());

  const options = () => ({
    cwd: directory.path,
    env: {
      ...fixture.environment(),
      ...TOKEN,
      PRODUCER_STREAM_NAME: STREAM_NAME,
      PRODUCER_REGION: "eu-west-1",
      PRODUCER_ACCESS_KEY_ID: "AKIATEST",
      PRODUCER_SECRET_ACCESS_KEY: "secret",
      PRODUCER_ENDPOINT_URL: kinesis.url,
    },
  });
  const run = (term: string, ...args: string[]) =>
    startEntryPoint("producer/cli.ts", ["--source", "x", "--track", term, "--json", ...args], options());
  const rules = () => fixture.x.rules.map(({ value }) => value);

  it("leaves the rules of the first, and says whose posts it is charged for", async () => {
    fixture.x.behave(delivering(streamedPost()));
    const first = run("yolo");
    await until(() => fixture.x.streams.size === 1);
    const second = run("cats");
    await until(() => rules().length === 2);
    second.process.kill("SIGINT");
    expect((await second.ended).stderr).toContain(
      "this X app has 1 other rule; X also delivers and charges for their posts, which are skipped; those of other runs, or kept by them, go with --clear-rules: yolo\n",
    );
    await until(() => rules().length === 1);
    expect(rules()).toEqual(["yolo"]);
    first.process.kill("SIGINT");
    expect(await first.ended).toMatchObject({ exitCode: 0 });
    expect(rules()).toEqual([]);
  });

  it("removes the rules of a first one that was killed", async () => {
    const first = run("yolo");
    await until(() => rules().length === 1);
    first.process.kill("SIGKILL");
    await first.ended;
    await until(() => fixture.x.streams.size === 0);
    fixture.x.behave(delivering(streamedPost({ ruleId: "2" })));
    const second = await runEntryPoint(
      "producer/cli.ts",
      ["--source", "x", "--track", "cats", "--count", "1"],
      options(),
    );
    expect(second.stderr).toContain("removed the rules of other runs: yolo\n");
    expect(rules()).toEqual([]);
  });
});
