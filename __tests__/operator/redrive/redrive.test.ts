import { describe, expect, it } from "@jest/globals";
import { base64, failedBatchObject, rejectedLine, useRedriveCloud } from "../../support/redrive-cloud";

const cloud = useRedriveCloud();

const A = "rejected/shardId-000000000000/2026/11/23/1-2.ndjson";
const B = "rejected/shardId-000000000000/2026/11/23/3-3.ndjson";
const C = "aws/lambda/9c5f0f3e/shardId-000000000000/2026/11/23/2026-11-23T07.30.00-0a1b";

/** Four records of three reasons: in A two of them, in B one, and a failed batch. */
async function keepSome() {
  await cloud.keep(A, rejectedLine("{a1") + rejectedLine("a2", { reason: "item-too-large", minute: 1 }));
  await cloud.keep(B, rejectedLine("{b1", { minute: 10 }));
  await cloud.keep(C, failedBatchObject(["c1"], { minute: 20 }));
}

const on = (partitionKey: string, text: string) => ({ partitionKey, data: base64(text) });

describe("--list", () => {
  it("shows what is there by reason, and changes nothing", async () => {
    await keepSome();
    const before = await cloud.objects();
    const run = await cloud.redrive("--list");
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    const rows = run.stdout.split("\n").filter((line) => line.includes("2026"));
    expect(
      rows.map((row) =>
        row
          .split("│")
          .map((cell) => cell.trim())
          .filter((cell) => cell !== ""),
      ),
    ).toEqual([
      ["RetryAttemptsExhausted", "1", "1", "2026-11-23T07:20:00.000Z", "2026-11-23T07:20:00.000Z"],
      ["invalid-json", "2", "2", "2026-11-23T07:00:00.000Z", "2026-11-23T07:10:00.000Z"],
      ["item-too-large", "1", "1", "2026-11-23T07:01:00.000Z", "2026-11-23T07:01:00.000Z"],
    ]);
    expect(run.stdout).toMatch(
      /\n4 records in 3 objects of the failure bucket stream-processing-failures-\w+\n$/,
    );
    expect(await cloud.objects()).toEqual(before);
    expect(await cloud.records()).toEqual([]);
  });

  it("prints the same as JSON, for the chosen records", async () => {
    await keepSome();
    const run = await cloud.redrive(
      "--list",
      "--json",
      "--since",
      "2026-11-23T07:01:00Z",
      "--reason",
      "invalid-json",
    );
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    const time = "2026-11-23T07:10:00.000Z";
    expect(JSON.parse(run.stdout)).toEqual({
      records: 1,
      objects: 1,
      skipped: 0,
      failed: 0,
      notUnderstood: 0,
      reasons: [{ reason: "invalid-json", records: 1, objects: 1, oldest: time, newest: time }],
    });
  });
});

describe("redrive", () => {
  it("puts rejected records and failed batches back, with their partition keys and bytes, and removes them", async () => {
    const text = "\u0000\ufffd 今日は👋 \r";
    await cloud.keep(A, rejectedLine("{a1") + rejectedLine("", { partitionKey: "ключ" }));
    await cloud.keep(C, failedBatchObject([text, "c2"]));
    const started = performance.now();
    const run = await cloud.redrive("--json");
    const longest = (performance.now() - started) / 1000;
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    const { seconds, ...tally } = JSON.parse(run.stdout);
    expect(tally).toEqual({
      putBack: 4,
      retried: 0,
      undelivered: 0,
      skipped: 0,
      superseded: 0,
      removed: 2,
      rewritten: 0,
      changed: 0,
      failed: 0,
      notUnderstood: 0,
    });
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(longest);
    const records = await cloud.records();
    expect(records).toHaveLength(4);
    expect(records).toEqual(
      expect.arrayContaining([on("ada", "{a1"), on("ключ", ""), on("grace", text), on("grace", "c2")]),
    );
    expect(await cloud.keys()).toEqual([]);
  });

  it("sums up the run on one line", async () => {
    await keepSome();
    const run = await cloud.redrive();
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toMatch(
      /^put 4 records back on stream-processing-EventStream in \d+\.\d s; 0 retried, 0 undelivered; 3 objects removed\n$/,
    );
  });

  it("reports an empty failure bucket", async () => {
    expect(await cloud.redrive()).toEqual({
      exitCode: 0,
      stdout: `the failure bucket ${cloud.outputs.failure_bucket_name} holds nothing\n`,
      stderr: "",
    });
  });
});

describe("--dry-run", () => {
  it("shows what would be put back, and changes nothing", async () => {
    await keepSome();
    const before = await cloud.objects();
    const run = await cloud.redrive("--dry-run", "--reason", "item-too-large");
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toContain("│ item-too-large │");
    expect(run.stdout).not.toContain("invalid-json");
    expect(run.stdout).toMatch(/\nwould put back 1 record in 1 object of .*; nothing is changed\n$/);
    expect(await cloud.objects()).toEqual(before);
    expect(await cloud.records()).toEqual([]);
  });
});

describe("a choice of records", () => {
  it("by --reason leaves the others of an object as they are, byte for byte", async () => {
    await keepSome();
    const before = await cloud.objects();
    const run = await cloud.redrive(
      "--reason",
      "item-too-large",
      "--reason",
      "RetryAttemptsExhausted",
      "--json",
    );
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(run.stdout)).toMatchObject({ putBack: 2, removed: 1, rewritten: 1 });
    expect(await cloud.objects()).toEqual({ [A]: rejectedLine("{a1"), [B]: before[B] });
    expect((await cloud.records()).sort((a, b) => (a.data < b.data ? -1 : 1))).toEqual([
      on("ada", "a2"),
      on("grace", "c1"),
    ]);
  });

  it("by --since takes those that arrived then or later", async () => {
    await keepSome();
    const run = await cloud.redrive("--since", "2026-11-23T07:10:00Z");
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await cloud.keys()).toEqual([A]);
    expect(await cloud.records()).toHaveLength(2);
  });

  it("by --limit takes at most that many; the next run takes the next", async () => {
    await cloud.keep(C, failedBatchObject(["c1", "c2", "c3"]));
    const first = await cloud.redrive("--limit", "2");
    expect(first.stdout).toContain("put 2 records back");
    expect(first.stdout).toContain("; 0 objects removed, 1 kept with the rest\n");
    expect(await cloud.records()).toEqual([on("grace", "c1"), on("grace", "c2")]);
    expect(parsed((await cloud.objects())[C])).toEqual(
      withoutFirst(failedBatchObject(["c1", "c2", "c3"]), 2),
    );

    const second = await cloud.redrive("--limit", "2");
    expect(second.stdout).toContain("put 1 record back");
    expect(await cloud.records()).toHaveLength(3);
    expect(await cloud.keys()).toEqual([]);
  });

  it("that nothing meets changes nothing, and names the reasons there are", async () => {
    await keepSome();
    expect(await cloud.redrive("--reason", "invalid-jason")).toEqual({
      exitCode: 0,
      stdout: `the failure bucket ${cloud.outputs.failure_bucket_name} holds no such records\n`,
      stderr:
        "no record has the reason invalid-jason; there are: RetryAttemptsExhausted, invalid-json, item-too-large\n",
    });
    expect(await cloud.keys()).toEqual([C, A, B]);
  });
});

/** A failed batch's object, with the JSON in it parsed, too. */
function parsed(text = "{}") {
  const { payload, ...others } = JSON.parse(text);
  return { ...others, payload: JSON.parse(payload) };
}

/** The same with the first of its records gone, and nothing else. */
function withoutFirst(text: string, count: number) {
  const { payload, ...others } = parsed(text);
  return { ...others, payload: { ...payload, Records: payload.Records.slice(count) } };
}

describe("objects that are not understood", () => {
  const D = "rejected/notes.txt";
  const E = "aws/lambda/broken";

  it("are named, without their content, and stay; the others are put back and the exit code is 3", async () => {
    await keepSome();
    await cloud.keep(D, "a secret\nanother\n");
    await cloud.keep(E, '{"payload":"a secret"}');
    const run = await cloud.redrive();
    expect(run.exitCode).toBe(3);
    expect(run.stdout).toContain("put 4 records back");
    expect(run.stdout).toContain("; 3 objects removed, 2 not understood\n");
    expect(run.stderr.trimEnd().split("\n").sort()).toEqual([
      `not understood: ${E}: the object: requestContext: is missing`,
      `not understood: ${D}: line 1 is not JSON`,
    ]);
    expect(await cloud.keys()).toEqual([E, D]);
    expect(await cloud.records()).toHaveLength(4);
  });

  it("are named by --list, too", async () => {
    await cloud.keep(D, "\n");
    const run = await cloud.redrive("--list", "--json");
    expect(run).toMatchObject({ exitCode: 3, stderr: `not understood: ${D}: it holds no records\n` });
    expect(JSON.parse(run.stdout)).toEqual({
      records: 0,
      objects: 0,
      skipped: 0,
      failed: 0,
      notUnderstood: 1,
      reasons: [],
    });
  });
});

describe("options", () => {
  it.each([
    [["--since", "yesterday"], "It must be a time such as 2026-11-23T07:00:00Z, or 30m, 2h or 7d ago"],
    [["--limit", "0"], "It must be an integer of at least 1"],
    [["--list", "--dry-run"], "option '--list' cannot be used with option '--dry-run'"],
    [["--list", "--limit", "3"], "option '--list' cannot be used with option '--limit <n>'"],
    [["--list", "--force"], "option '--list' cannot be used with option '--force'"],
    [["everything"], "too many arguments"],
  ])("that are wrong end with the usage code: %j", async (args, message) => {
    const run = await cloud.redrive(...args);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(run.stderr).toContain(message);
  });

  it("are explained by --help, with examples and exit codes", async () => {
    const run = await cloud.redrive("--help");
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    for (const text of [
      "--list",
      "--dry-run",
      "--since <time>",
      "--reason <reason>",
      "--limit <n>",
      "--force",
      "Examples:",
      "130",
    ])
      expect(run.stdout).toContain(text);
  });
});
