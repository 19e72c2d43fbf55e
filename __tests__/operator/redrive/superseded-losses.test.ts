import { describe, expect, it } from "@jest/globals";
import { eventItem } from "../../../events/event-item";
import { failCall } from "../../support/kinesis-server";
import { post } from "../../support/posts";
import { failedBatchObject, rejectedLine, useRedriveCloud } from "../../support/redrive-cloud";

const cloud = useRedriveCloud();

const A = "rejected/shardId-000000000000/2026/11/23/1-2.ndjson";
const C = "aws/lambda/9c5f0f3e/shardId-000000000000/2026/11/23/2026-11-23T07.30.00-0a1b";

const STAYS = "the table has another version of its event; --force puts it back all the same";

/** The texts of the posts on the stream, sorted. */
async function texts(): Promise<string[]> {
  return (await cloud.records()).map(({ data }) => JSON.parse(atob(data)).text).sort();
}

const event = (id: string, text: string) => JSON.stringify(post({ id, text }));
const stored = (id: string, text: string) => cloud.store(eventItem(post({ id, text })));

describe("a newer item", () => {
  it("is not replaced by an older event: the record is superseded, named and stays; the rest is put back", async () => {
    await stored("11", "newer");
    const other = rejectedLine(event("12", "other"));
    const old = rejectedLine(event("11", "older"));
    await cloud.keep(A, other + old);
    await cloud.keep(C, failedBatchObject([event("11", "oldest"), event("13", "another")]));
    const run = await cloud.redrive();
    expect(run.exitCode).toBe(3);
    expect(run.stderr.trimEnd().split("\n").sort()).toEqual([
      `superseded: ${C}: record 1: ${STAYS}`,
      `superseded: ${A}: line 2: ${STAYS}`,
    ]);
    expect(run.stdout).toMatch(
      /^put 2 records back on .*; 0 retried, 0 undelivered, 2 superseded; 0 objects removed, 2 kept with the rest\n$/,
    );
    expect(await texts()).toEqual(["another", "other"]);
    const objects = await cloud.objects();
    expect(objects[A]).toBe(old);
    expect(JSON.parse(JSON.parse(objects[C] ?? "").payload).Records).toHaveLength(1);
  });

  it("is replaced with --force, without a look at the table", async () => {
    await stored("21", "newer");
    await cloud.keep(A, rejectedLine(event("21", "older")));
    const run = await cloud.redrive("--force", "--json");
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(run.stdout)).toMatchObject({ putBack: 1, superseded: 0, removed: 1 });
    expect(cloud.calls("look")).toEqual([]);
    expect(await texts()).toEqual(["older"]);
  });

  it("does not count as another if only its expiry differs: the record is put back", async () => {
    await cloud.store(eventItem(post({ id: "31" }), 1_900_000_000));
    await cloud.keep(A, rejectedLine(JSON.stringify(post({ id: "31" }))));
    const run = await cloud.redrive("--json");
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(run.stdout)).toMatchObject({ putBack: 1, superseded: 0, removed: 1 });
  });

  it("keeps its object untouched if there is nothing else in it", async () => {
    await stored("41", "newer");
    await cloud.keep(A, rejectedLine(event("41", "older")));
    const run = await cloud.redrive();
    expect(run).toMatchObject({
      exitCode: 3,
      stdout: `the failure bucket ${cloud.outputs.failure_bucket_name} holds nothing that can be put back\n`,
      stderr: `superseded: ${A}: line 1: ${STAYS}\n`,
    });
    expect([...cloud.calls("put"), ...cloud.calls("delete"), ...cloud.calls("putRecords")]).toEqual([]);
  });
});

describe("a superseded record", () => {
  it("does not use up --limit", async () => {
    await stored("51", "newer");
    await cloud.keep(A, rejectedLine(event("51", "older")) + rejectedLine(event("52", "x")));
    const run = await cloud.redrive("--limit", "1", "--json");
    expect(JSON.parse(run.stdout)).toMatchObject({ putBack: 1, superseded: 1 });
    expect(await texts()).toEqual(["x"]);
  });

  it("is found by --dry-run, and not by --list", async () => {
    await stored("61", "newer");
    await cloud.keep(A, rejectedLine(event("61", "older")) + rejectedLine(event("62", "x")));
    const list = await cloud.redrive("--list", "--json");
    expect(list).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(list.stdout)).toMatchObject({ records: 2 });
    expect(JSON.parse(list.stdout)).not.toHaveProperty("superseded");
    expect(cloud.calls("look")).toEqual([]);

    const dry = await cloud.redrive("--dry-run", "--json");
    expect(dry).toMatchObject({ exitCode: 3, stderr: `superseded: ${A}: line 1: ${STAYS}\n` });
    expect(JSON.parse(dry.stdout)).toMatchObject({ records: 1, superseded: 1 });
    expect(await cloud.keys()).toEqual([A]);
  });
});

describe("a table that cannot be looked at", () => {
  it("ends the run with the missing permission and --force, and nothing is put back or removed", async () => {
    await cloud.keep(A, rejectedLine(event("71", "x")));
    cloud.injectAlways("look", failCall("AccessDeniedException"));
    const run = await cloud.redrive();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /^error: your AWS credentials may not read the table stream-processing-\S+ in us-east-1 at \S+, to see what is newer than a set-aside record; they need dynamodb:BatchGetItem on it, or --force puts all records back without a look at the table\n$/,
    );
    expect(await cloud.records()).toEqual([]);
    expect(await cloud.keys()).toEqual([A]);

    expect(await cloud.redrive("--force")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await texts()).toEqual(["x"]);
  });

  it("is not needed for records that are no events", async () => {
    await cloud.keep(A, rejectedLine("{"));
    cloud.injectAlways("look", failCall("AccessDeniedException"));
    expect(await cloud.redrive()).toMatchObject({ exitCode: 0, stderr: "" });
    expect(cloud.calls("look")).toEqual([]);
  });
});
