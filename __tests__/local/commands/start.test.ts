import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { FAULT_KINDS } from "../../../local/chaos/fault-kind";
import { ExitCode } from "../../../shared/errors";
import { type EntryPointRun, runEntryPoint } from "../../support/entry-point";
import { reportCounts } from "../../support/report-counts";
import { temporaryDirectory } from "../../support/temporary-directory";

const PROJECT = join(__dirname, "../../..");

/** Runs `npm start` on a free port, with the environment of a fresh machine. */
function start(...args: string[]): Promise<EntryPointRun> {
  return runEntryPoint("local/cli.ts", ["start", "--port", "0", ...args], { cwd: PROJECT });
}

/** The last line of standard output, with `--json` one JSON object. */
function report({ stdout }: EntryPointRun): Record<string, number> {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

async function fileOf(...lines: (string | Buffer)[]): Promise<string> {
  const file = join(temporaryDirectory(), "posts.ndjson");
  await writeFile(
    file,
    Buffer.concat(lines.map((line) => Buffer.concat([Buffer.from(line), Buffer.from("\n")]))),
  );
  return file;
}

const post = (id: string, text: string) =>
  JSON.stringify({ id, username: "ada", text, createdAt: "2026-01-01T00:00:00Z", source: "test" });

describe("npm start", () => {
  it("accounts for every record and shows the newest", async () => {
    const { exitCode, stdout, stderr } = await start("--count", "300", "--seed", "1");
    expect(stdout).toMatch(
      /produced +300\n +stored +300\n +rejected +0\n +rejectedLines +0\n +failed +0\n +lost +0\n +different +0\n +stray +0\n +duplicates +0\n/,
    );
    expect(stdout).toMatch(/events per second/);
    expect(stdout).toMatch(/Username .* Message/);
    expect(stderr).toContain("not needed on one machine: aws_s3_bucket_");
    expect(exitCode).toBe(0);
  });

  it("prints exactly the promised keys with --json", async () => {
    const run = await start("--count", "10", "--json");
    const { seconds = 0, eventsPerSecond, ...others } = report(run);
    expect(others).toEqual(reportCounts(10));
    expect(seconds).toBeGreaterThan(0);
    expect(eventsPerSecond).toBe(Math.round(10 / seconds));
    expect(run.exitCode).toBe(0);
  });
});

describe("npm start -- --chaos", () => {
  it.each([3000, 1])(
    "survives faults of every kind with %s records, and puts back the rejected",
    async (count) => {
      const run = await start("--count", String(count), "--chaos", "7", "--json");
      const { faults, seconds, eventsPerSecond, ...others } = report(run);
      const { rejected = 0 } = others;
      expect(others).toEqual(reportCounts(count + rejected, { stored: count, rejected }));
      expect(rejected).toBeGreaterThan(0);
      expect(Object.keys(faults ?? {})).toEqual(FAULT_KINDS);
      expect(Object.entries(faults ?? {}).filter(([, strikes]) => strikes === 0)).toEqual([]);
      expect(run.stderr).toContain("chaos with seed 7");
      expect(run.stderr).toMatch(new RegExp(`put back +${rejected} rejected records?, corrected`));
      expect(run.exitCode).toBe(ExitCode.ok);
    },
    120_000,
  );
});

describe("npm start -- --input", () => {
  it("delivers the good lines of a file with broken ones, and stores the same post once", async () => {
    const input = await fileOf(
      post("1", "こんにちは"),
      "{broken",
      "",
      Buffer.from([0xff]),
      post("2", "שלום"),
      post("1", "こんにちは"),
    );
    const rejects = join(temporaryDirectory(), "rejects.ndjson");
    const run = await start("--input", input, "--rejects", rejects, "--json");
    expect(report(run)).toMatchObject(reportCounts(3, { rejectedLines: 2 }));
    expect(run.stderr).toMatch(/line 2.*invalid-json/s);
    expect(run.stderr).toMatch(/line 4.*invalid-utf8/s);
    expect(run.stderr).toContain(`the producer rejected 2 lines, kept in ${rejects}`);
    expect(run.exitCode).toBe(3);
  });

  it("counts what the function rejects", async () => {
    const input = await fileOf(post("1", "a"), "{broken", post("2", "b"));
    const run = await start("--input", input, "--raw", "--json");
    expect(report(run)).toMatchObject(reportCounts(3, { stored: 2, rejected: 1 }));
    expect(run.exitCode).toBe(0);
  });

  it("ends with the exit code and the message of the producer when the file is missing", async () => {
    const run = await start("--input", "/nowhere/posts.ndjson");
    expect(run.stderr).toContain("/nowhere/posts.ndjson");
    expect(run.stderr).not.toMatch(/\n\s+at /);
    expect(run.exitCode).not.toBe(0);
    expect(run.stdout).toBe("");
  });
});

describe("npm start with a mistake", () => {
  it("names an option that neither it nor the producer has", async () => {
    const run = await start("--sauce", "sample");
    expect(run.stderr).toContain("unknown option '--sauce'");
    expect(run.exitCode).toBe(2);
  });

  it("names a setting that breaks its rule", async () => {
    const run = await runEntryPoint("local/cli.ts", ["start", "--port", "0"], {
      cwd: PROJECT,
      env: { STREAM_PROCESSING_BATCH_SIZE: "0" },
    });
    expect(run.stderr).toContain("setting batchSize is 0, but it must be a whole number from 1 to 10000");
    expect(run.stderr).not.toMatch(/\n\s+at /);
    expect(run.exitCode).toBe(2);
  });
});
