import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, jest } from "@jest/globals";
import { ExitCode } from "../../../shared/errors";
import { type EntryPointRun, runEntryPoint } from "../../support/entry-point";
import { post } from "../../support/posts";
import { copyOfProject, type Edit } from "../../support/project-copy";
import { reportCounts } from "../../support/report-counts";
import { temporaryDirectory } from "../../support/temporary-directory";

// Each test breaks a copy of the project in one way, and sees npm start fail for that reason. Without them, a proof
// that cannot fail would not be noticed.

jest.setTimeout(60_000);

interface Options {
  args?: readonly string[];
  /** Lines of a file to produce, instead of 200 posts of the sample source. */
  input?: readonly object[];
  env?: Record<string, string>;
}

/** Runs `npm start` in a copy of the project with one edit, or several. */
async function startBroken(
  edit: Edit | Edit[],
  { args = [], input, env = {} }: Options = {},
): Promise<EntryPointRun> {
  const copy = copyOfProject(...[edit].flat());
  const posts = join(temporaryDirectory(), "posts.ndjson");
  if (input) await writeFile(posts, input.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const source = input ? ["--input", posts] : ["--count", "200"];
  const settings = { STREAM_PROCESSING_BATCH_WINDOW_SECONDS: "0", ...env };
  return runEntryPoint(join(copy, "local/cli.ts"), ["start", "--port", "0", "--json", ...source, ...args], {
    cwd: copy,
    env: settings,
  });
}

function counts({ stdout }: EntryPointRun): Record<string, number> {
  const { seconds: _, eventsPerSecond: __, ...others } = JSON.parse(stdout);
  return others;
}

const NOTHING = reportCounts(200, { stored: 0 });

const HANDLER = "functions/event-processor/handler.ts";
const WRITER = "functions/event-processor/event-writer.ts";

describe("npm start fails, and says why, if the function", () => {
  it("stores every event with a blank text", async () => {
    const run = await startBroken({
      file: "events/event-item.ts",
      from: "Message: post.text",
      to: 'Message: ""',
    });
    expect(run.stderr).toContain(
      "error: 200 records were stored or set aside with other contents than on the stream, in: Message\n",
    );
    expect(counts(run)).toEqual({ ...NOTHING, different: 200 });
    expect(run.exitCode).toBe(ExitCode.different);
  });

  it("drops an item of each batch", async () => {
    const run = await startBroken(
      {
        file: WRITER,
        from: "RequestItems: { [this.#tableName]: items.map(",
        to: "RequestItems: { [this.#tableName]: items.filter(({ Id }) => Id !== '2').map(",
      },
      { input: [post({ id: "1" }), post({ id: "2" }), post({ id: "3" })] },
    );
    expect(run.stderr).toContain("error: 1 record that Kinesis acknowledged cannot be found\n");
    expect(counts(run)).toEqual({ ...NOTHING, produced: 3, stored: 2, lost: 1 });
    expect(run.exitCode).toBe(ExitCode.lost);
  });

  it("stores an extra item", async () => {
    const run = await startBroken(
      {
        file: WRITER,
        from: "items.map((Item) => ({ PutRequest: { Item } }))",
        to: "[...items, { ...items[0], Id: 'extra' }].map((Item) => ({ PutRequest: { Item } }))",
      },
      { input: [post({ id: "1" })] },
    );
    expect(run.stderr).toContain("error: no record on the stream accounts for 1 item or set-aside record\n");
    expect(counts(run)).toEqual({ ...NOTHING, produced: 1, stored: 1, stray: 1 });
    expect(run.exitCode).toBe(ExitCode.stray);
  });
});

describe("npm start fails, and says why, if the function keeps other contents: it", () => {
  it("leaves an older version of an item", async () => {
    const run = await startBroken(
      { file: WRITER, from: "new Map(items.map((item)", to: "new Map([...items].reverse().map((item)" },
      { input: [post({ text: "old" }), post({ text: "new" })] },
    );
    expect(run.stderr).toContain("error: 1 record was stored or set aside with other contents");
    expect(counts(run)).toEqual({ ...NOTHING, produced: 2, stored: 1, different: 1 });
    expect(run.exitCode).toBe(ExitCode.different);
  });
});

describe("npm start fails, and says why, if what the function sets aside is wrong: it", () => {
  it("rejects what the producer considers valid", async () => {
    const run = await startBroken(
      {
        file: "functions/event-processor/record-decoder.ts",
        from: "const brokenLimit = brokenItemLimit(item);",
        to: 'const brokenLimit = item.Id === "2" ? "no" : brokenItemLimit(item);',
      },
      { input: [post({ id: "1" }), post({ id: "2" })] },
    );
    expect(run.stderr).toContain(
      "error: the function rejected 1 record that the producer considers valid: item-too-large\n",
    );
    expect(counts(run)).toEqual({ ...NOTHING, produced: 2, stored: 1, rejected: 1 });
    expect(run.exitCode).toBe(ExitCode.wronglyRejected);
  });

  it("sets aside other bytes than those of the record", async () => {
    const run = await startBroken(
      {
        file: "functions/event-processor/rejection-store.ts",
        from: 'Buffer.from(record.data).toString("base64")',
        to: 'Buffer.from("x").toString("base64")',
      },
      { input: [{ broken: true }], args: ["--raw"] },
    );
    expect(run.stderr).toContain("other contents than on the stream, in: set-aside copy\n");
    expect(counts(run)).toEqual({ ...NOTHING, produced: 1, different: 1 });
    expect(run.exitCode).toBe(ExitCode.different);
  });

  it("fails until its retries have run out", async () => {
    const run = await startBroken(
      { file: HANDLER, from: "logger.addContext(context);", to: 'throw new TypeError("broken on purpose");' },
      { env: { STREAM_PROCESSING_MAXIMUM_RETRY_ATTEMPTS: "0" } },
    );
    expect(run.stderr).toContain(
      "error: 200 records are in failed batches: RetryAttemptsExhausted\nthe latest problem was: function failed: TypeError: broken on purpose\n",
    );
    expect(counts(run)).toEqual({ ...NOTHING, failed: 200 });
    expect(run.exitCode).toBe(ExitCode.failedBatches);
  });
});

describe("npm start gives up within ten seconds, and says why, if the function", () => {
  /** What the error says; it begins with how long no record was handled. */
  const SILENCE = "error: no record was handled for 8 s although some are waiting: ";

  it("is not allowed to write to the table", async () => {
    const run = await startBroken({
      file: "infrastructure/event-table.ts",
      from: '"dynamodb:BatchWriteItem"',
      to: '"dynamodb:PutItem"',
    });
    expect(run.stderr).toContain(
      `${SILENCE}User: arn:aws:sts::000000000000:assumed-role/stream-processing-DDBEventProcessor/stream-processing-DDBEventProcessor is not authorized to perform: dynamodb:BatchWriteItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/stream-processing-EventData`,
    );
    expect(run.exitCode).toBe(ExitCode.noProgress);
    expect(run.stdout).toBe("");
  });

  it("throws", async () => {
    const run = await startBroken({
      file: HANDLER,
      from: "logger.addContext(context);",
      to: 'throw new TypeError("broken on purpose");',
    });
    expect(run.stderr).toContain(`${SILENCE}function failed: TypeError: broken on purpose`);
    expect(run.exitCode).toBe(ExitCode.noProgress);
  });

  it("reports every record as failed, again and again", async () => {
    const run = await startBroken({
      file: HANDLER,
      from: "result.failed.map((itemIdentifier) => ({ itemIdentifier }))",
      to: "event.Records.map(({ kinesis }) => ({ itemIdentifier: kinesis.sequenceNumber }))",
    });
    expect(run.stderr).toContain(
      `${SILENCE}the function has reported batchItemFailures 3 times or more in a row`,
    );
    expect(run.exitCode).toBe(ExitCode.noProgress);
  });

  it("throws while the producer is still at work, which then ends as well", async () => {
    const run = await startBroken(
      { file: HANDLER, from: "logger.addContext(context);", to: 'throw new TypeError("broken on purpose");' },
      { args: ["--rate", "5"] },
    );
    expect(run.stderr).toContain(`${SILENCE}function failed: TypeError: broken on purpose`);
    expect(run.stderr).not.toContain("✔ produced");
    expect(run.exitCode).toBe(ExitCode.noProgress);
  });
});

describe("npm start --chaos fails, and says why, if", () => {
  const NO_PATIENCE: Edit = {
    file: "local/commands/under-chaos/until-struck.ts",
    from: "const LONGEST_WAIT_MS = 30_000;",
    to: "const LONGEST_WAIT_MS = 1_000;",
  };

  it("chaos never strikes", async () => {
    const run = await startBroken(
      [
        NO_PATIENCE,
        {
          file: "local/chaos/strike-plan.ts",
          from: "const rate = this.#rates[kind] ?? 0;",
          to: "return false;",
        },
      ],
      { args: ["--chaos", "1"] },
    );
    const { faults, produced = 0, ...others } = counts(run);
    const { produced: _, ...nothing } = NOTHING;
    expect(others).toEqual({ ...nothing, stored: 200, rejected: produced - 200 });
    const kinds = Object.keys(faults ?? {});
    expect(faults).toEqual(Object.fromEntries(kinds.map((kind) => [kind, 0])));
    expect(kinds).toContain("throttled");
    expect(run.stderr).toContain(
      `error: no fault of these kinds struck, so the run does not show that they are survived: ${kinds.join(", ")}; do not`,
    );
    expect(run.exitCode).toBe(ExitCode.missingFaults);
  });

  it("what was rejected is put back with other contents", async () => {
    const run = await startBroken(
      {
        file: "operator/redrive/put-back.ts",
        from: 'data: Buffer.from(data, "base64")',
        to: 'data: Buffer.from("x")',
      },
      { args: ["--chaos", "1"] },
    );
    expect(run.stderr).toMatch(/error: \d+ rejected records? of \d+ did not come back on the stream\n/);
    expect(run.exitCode).toBe(ExitCode.failed);
  });
});
