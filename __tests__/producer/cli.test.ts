import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { answerAfter } from "../support/fault-proxy";
import {
  failEntries,
  type KinesisServer,
  refuseCall,
  STREAM_NAME,
  startKinesisServer,
} from "../support/kinesis-server";
import { moment, until } from "../support/moment";
import { post } from "../support/posts";
import { runCommand, startCommand } from "../support/run-command";
import { useTemporaryDirectory } from "../support/temporary-directory";

const CLI = "producer/cli.ts";
const SECRET = "a-secret-that-nobody-may-see";
const directory = useTemporaryDirectory();
let kinesis: KinesisServer;

beforeEach(async () => {
  kinesis = await startKinesisServer();
});
afterEach(() => kinesis.stop());

function options() {
  const env = {
    PRODUCER_STREAM_NAME: STREAM_NAME,
    PRODUCER_REGION: "eu-west-1",
    PRODUCER_ACCESS_KEY_ID: "AKIATEST",
    PRODUCER_SECRET_ACCESS_KEY: SECRET,
    PRODUCER_ENDPOINT_URL: kinesis.url,
  };
  return { cwd: directory.path, env };
}

function produce(args: readonly string[], stdin?: string | Buffer) {
  return runCommand(CLI, args, { ...options(), ...(stdin !== undefined && { stdin }) });
}

/** Writes a file into the test's directory. */
function input(name: string, ...parts: (string | Buffer)[]): string {
  writeFileSync(path.join(directory.path, name), Buffer.concat(parts.map((part) => Buffer.from(part))));
  return name;
}

function line(values: Parameters<typeof post>[0]): string {
  return `${JSON.stringify(post(values))}\n`;
}

async function storedData(): Promise<string[]> {
  return (await kinesis.records()).map(({ data }) => data.toString());
}

function rejectsFiles(): string[] {
  return readdirSync(directory.path).filter((name) => name.includes(".rejects-"));
}

function rejects(): Buffer {
  const [name = ""] = rejectsFiles();
  return readFileSync(path.join(directory.path, name));
}

const TWEET = {
  id_str: "505874924095815681",
  created_at: "Sun Aug 31 00:29:15 +0000 2014",
  text: "おはよう👨‍👩‍👧 שלום",
  user: { screen_name: "ayuu", name: "AYUMI" },
};
const TWEET_AS_EVENT = {
  id: "505874924095815681",
  username: "ayuu",
  name: "AYUMI",
  text: "おはよう👨‍👩‍👧 שלום",
  createdAt: "2014-08-31T00:29:15.000Z",
  source: "twitter",
};

describe("a file", () => {
  it("is put on the stream, events and v1.1 tweets, under their authors", async () => {
    input("posts.ndjson", line({ id: "1", username: "ada" }), JSON.stringify(TWEET));
    const run = await produce(["--input", "posts.ndjson"]);
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toMatch(/^2 records on the stream .* 0 retried, 0 rejected, 0 undelivered\n$/);

    const records = await kinesis.records();
    expect(records.map(({ partitionKey }) => partitionKey)).toEqual(["ada", "ayuu"]);
    expect(records.map(({ data }) => JSON.parse(data.toString()))).toEqual([
      post({ id: "1", username: "ada" }),
      TWEET_AS_EVENT,
    ]);
    expect(rejectsFiles()).toEqual([]);
  });

  it("may be gzipped, and told so by its name or by its bytes", async () => {
    input("posts.ndjson.gz", gzipSync(line({ id: "1" })), gzipSync(line({ id: "2" })));
    input("disguised", gzipSync(line({ id: "3" })));
    expect(await produce(["--input", "posts.ndjson.gz"])).toMatchObject({ exitCode: 0 });
    expect(await produce(["--input", "disguised"])).toMatchObject({ exitCode: 0 });
    expect((await storedData()).map((data) => JSON.parse(data).id)).toEqual(["1", "2", "3"]);
  });

  it("may be standard input", async () => {
    const run = await produce(["--source", "file", "--input", "-"], line({ id: "1" }));
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await storedData()).toEqual([JSON.stringify(post({ id: "1" }))]);
  });

  it("has its bad lines refused, reported and kept byte for byte, and its good ones delivered", async () => {
    const long = `"${"x".repeat(1024 * 1024)}"`;
    const large = JSON.stringify(post({ text: "x".repeat(1024 * 1024 - 100) }));
    const broken = Buffer.from([0x7b, 0xff, 0xfe]);
    input(
      "bad.ndjson",
      line({ id: "1" }),
      "{oops\n",
      broken,
      "\n\n \t\r\n",
      '{"id":7}\n',
      long,
      "\n",
      large,
      "\n",
      line({ id: "2" }),
    );
    const run = await produce(["--input", "bad.ndjson", "--json"]);
    expect(run.exitCode).toBe(3);
    expect(run.stderr.split("\n")).toEqual([
      "rejected: line 2: invalid-json: the 5 bytes are not JSON",
      "rejected: line 3: invalid-utf8: the bytes are not valid UTF-8",
      "rejected: line 6: invalid-event: id: must be string",
      "rejected: line 7: line-too-long: the line is longer than 1048576 bytes, the most a record holds",
      expect.stringMatching(/^rejected: line 8: record-too-large: \d+ bytes with its partition key/),
      "",
    ]);
    expect(JSON.parse(run.stdout)).toMatchObject({
      acknowledged: 2,
      rejected: 5,
      emptyLines: 2,
      undelivered: 0,
      rejectsFile: expect.stringMatching(/^bad\.ndjson\.rejects-\d{8}T\d{6}Z\.ndjson$/),
    });
    expect(rejects()).toEqual(
      Buffer.concat([Buffer.from("{oops\n"), broken, Buffer.from(`\n{"id":7}\n${long}\n${large}\n`)]),
    );
    expect((await storedData()).map((data) => JSON.parse(data).id)).toEqual(["1", "2"]);
  });

  it("has the first ten refused lines reported one by one and the others by reason", async () => {
    input("bad.ndjson", "{\n".repeat(1000), Buffer.from([0xff, 0x0a]), Buffer.from([0xfe, 0x0a]));
    const { stderr } = await produce(["--input", "bad.ndjson"]);
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(12);
    expect(lines.slice(9)).toEqual([
      "rejected: line 10: invalid-json: the 1 bytes are not JSON",
      "rejected: 990 more lines: invalid-json",
      "rejected: 2 more lines: invalid-utf8",
    ]);
  });

  it("may begin with a byte order mark and end its lines with CR LF, as on Windows", async () => {
    input(
      "windows.ndjson",
      "\ufeff",
      JSON.stringify(post({ id: "1" })),
      "\r\n",
      JSON.stringify(post({ id: "2" })),
      "\r\n",
    );
    expect(await produce(["--input", "windows.ndjson"])).toMatchObject({ exitCode: 0 });
    expect((await storedData()).map((data) => JSON.parse(data).id)).toEqual(["1", "2"]);
  });

  it("is read no further than --count", async () => {
    input("posts.ndjson", line({ id: "1" }), "{oops\n", line({ id: "2" }), "{never read\n");
    const run = await produce(["--input", "posts.ndjson", "--count", "2", "--json"]);
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 2, rejected: 1 });
  });

  it("has an author whose name is too long for a partition key delivered under a hash", async () => {
    const username = "é".repeat(300);
    input("posts.ndjson", line({ username }));
    expect(await produce(["--input", "posts.ndjson"])).toMatchObject({ exitCode: 0 });
    const [record] = await kinesis.records();
    expect(record?.partitionKey).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.parse(record?.data.toString() ?? "")).toMatchObject({ username });
  });
});

describe("--raw", () => {
  it("puts every line as it is, broken and empty ones too, spread over partition keys", async () => {
    const lines = ["{oops", "", " two \r", JSON.stringify(TWEET)].map((text) => Buffer.from(text));
    const invalid = Buffer.from([0xef, 0xbb, 0xbf, 0xff, 0x00]);
    input("raw", ...[invalid, ...lines].flatMap((bytes) => [bytes, "\n"]));
    const run = await produce(["--input", "raw", "--raw"]);
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    const records = await kinesis.records();
    expect(records.map(({ data }) => data)).toEqual([invalid, ...lines]);
    expect(new Set(records.map(({ partitionKey }) => partitionKey)).size).toBe(5);
  });

  it("refuses a line that leaves no room for its partition key", async () => {
    input("raw", "x".repeat(1024 * 1024 - 32), "\n", "y".repeat(1024 * 1024 - 31));
    const run = await produce(["--input", "raw", "--raw"]);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain("rejected: line 2: record-too-large: 1048577 bytes");
    expect((await kinesis.records()).map(({ data }) => data.length)).toEqual([1024 * 1024 - 32]);
  });
});

describe("input that cannot be read", () => {
  it.each([
    ["a file that is not there", "missing.ndjson", "--input missing.ndjson: there is no such file"],
    ["a directory", ".", "--input . is a directory; name a file"],
  ])("is %s: the message says so and nothing is produced", async (_, name, message) => {
    expect(await produce(["--input", name])).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `error: ${message}\n`,
    });
    expect(kinesis.calls()).toEqual([]);
  });

  it("is gzip that breaks off: what came before is delivered", async () => {
    const whole = gzipSync(
      Array.from({ length: 1000 }, (_, id) => line({ id: `${id}`, text: `${Math.sin(id)}` })).join(""),
    );
    input("cut.gz", whole.subarray(0, whole.length / 2));
    const run = await produce(["--input", "cut.gz", "--json"]);
    expect(run.exitCode).toBe(1);
    const { acknowledged } = JSON.parse(run.stdout);
    expect(acknowledged).toBeGreaterThan(100);
    expect(run.stderr).toBe(
      `error: cut.gz: the gzip data is broken (unexpected end of file); it stopped after line ${acknowledged}\n`,
    );
    expect(await kinesis.records()).toHaveLength(acknowledged);
  });

  it("is named .gz and is not gzip", async () => {
    input("plain.gz", line({}));
    const run = await produce(["--input", "plain.gz"]);
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("the gzip data is broken") });
  });
});

describe("sample posts", () => {
  it("are a thousand unless --count says otherwise, the same ones for the same seed", async () => {
    const run = await produce(["--source", "sample", "--seed", "5", "--json"]);
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(run.stdout)).toEqual({
      acknowledged: 1000,
      retried: 0,
      rejected: 0,
      undelivered: 0,
      emptyLines: 0,
      bytes: expect.any(Number),
      seconds: expect.any(Number),
      recordsPerSecond: expect.any(Number),
    });
    await produce(["--source", "sample", "--seed", "5", "--count", "1000"]);

    const withoutTime = (data: string) => ({ ...JSON.parse(data), createdAt: undefined });
    const stored = (await storedData()).map(withoutTime);
    const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);
    expect(stored.slice(0, 1000).sort(byId)).toEqual(stored.slice(1000).sort(byId));
    expect(new Set(stored.map(({ id }) => id)).size).toBe(1000);
  });
});

describe("what Kinesis does not take", () => {
  it("is sent again until it does, and counted", async () => {
    kinesis.inject(failEntries([0, 2]), failEntries([1]));
    const run = await produce(["--source", "sample", "--count", "3", "--json"]);
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 3, retried: 3, undelivered: 0 });
    expect(new Set((await storedData()).map((data) => JSON.parse(data).id)).size).toBe(3);
  });

  it("is kept in the file of --rejects once it is too old, and can be produced from there", async () => {
    input("posts.ndjson", line({ id: "1" }), line({ id: "2" }));
    kinesis.inject(failEntries([1]));
    kinesis.injectAlways(failEntries([0]));
    const run = await produce([
      "--input",
      "posts.ndjson",
      "--rejects",
      "kept.ndjson",
      "--max-age",
      "0.2",
      "--json",
    ]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(
      "undelivered: 1 record: not stored within 0.2 s (ProvisionedThroughputExceededException)",
    );
    expect(JSON.parse(run.stdout)).toMatchObject({
      acknowledged: 1,
      undelivered: 1,
      rejectsFile: "kept.ndjson",
    });
    expect(readFileSync(path.join(directory.path, "kept.ndjson"), "utf8")).toBe(line({ id: "2" }));

    kinesis.injectAlways(undefined);
    expect(await produce(["--input", "kept.ndjson"])).toMatchObject({ exitCode: 0 });
    expect(await storedData()).toEqual([line({ id: "1" }).trim(), line({ id: "2" }).trim()]);
  });

  it("is kept when the access key may not put records, and the run ends at once", async () => {
    kinesis.injectAlways(refuseCall("AccessDeniedException"));
    const run = await produce(["--source", "sample", "--count", "7", "--json"]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(
      "error: the producer's access key may not put records on the stream posts in eu-west-1",
    );
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 0, undelivered: 7 });
    expect(rejects().toString().trimEnd().split("\n")).toHaveLength(7);
    expect(run.stderr + run.stdout).not.toContain(SECRET);
  });

  it("is noticed before anything is read when there is no such stream", async () => {
    const run = await produce(["--input", "-", "--stream-name", "nope"], line({}));
    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toContain(`error: the stream nope in eu-west-1 at ${kinesis.url} does not exist`);
    expect(rejectsFiles()).toEqual([]);
  });

  it("is noticed before anything is read when nobody answers", async () => {
    const run = await produce(["--source", "sample", "--endpoint-url", "http://127.0.0.1:1"]);
    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toContain(
      "error: Kinesis cannot be reached at http://127.0.0.1:1: connect ECONNREFUSED",
    );
  });
});

describe("a rejects file", () => {
  it("that cannot be written ends the run with the file and the remedy", async () => {
    input("bad.ndjson", "{oops\n", line({}));
    const run = await produce(["--input", "bad.ndjson", "--rejects", "no/such/folder"]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /error: the rejects file no\/such\/folder cannot be written \(.*\); name another with --rejects/,
    );
  });

  it("that is the input itself is refused", async () => {
    input("posts.ndjson", "{oops\n");
    expect(await produce(["--input", "posts.ndjson", "--rejects", "./posts.ndjson"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("--rejects ./posts.ndjson is the input itself"),
    });
  });
});

describe("Ctrl-C", () => {
  it("ends the source, delivers what was read and exits as if the input had ended there", async () => {
    const { process: child, stderr, ended } = startCommand(CLI, ["--input", "-", "--json"], options());
    child.stdin?.write(line({ id: "1" }) + line({ id: "2" }));
    await until(() => kinesis.calls().length === 1);
    child.stdin?.write(line({ id: "3" }).slice(0, 20));
    child.kill("SIGINT");
    const run = await ended;
    expect(run.exitCode).toBe(0);
    expect(stderr()).toBe("stopping: delivering what was read; Ctrl-C again gives it up\n");
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 2, rejected: 0, undelivered: 0 });
    expect(await kinesis.records()).toHaveLength(2);
  });

  it("a second time gives up with 130, and keeps what was not delivered", async () => {
    const { reached, reach } = moment();
    kinesis.injectAlways(answerAfter(reached));
    const { process: child, ended } = startCommand(CLI, ["--input", "-", "--json"], options());
    child.stdin?.write(line({ id: "1" }) + line({ id: "2" }));
    await until(() => kinesis.calls().length === 1);
    child.kill("SIGTERM");
    await until(() => {
      child.kill("SIGINT");
      return child.exitCode !== null;
    });
    const run = await ended;
    reach();
    expect(run.exitCode).toBe(130);
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 0, undelivered: 2 });
    expect(rejects().toString()).toBe(line({ id: "1" }) + line({ id: "2" }));
  });
});

describe("options", () => {
  it.each([
    [[], "name a source with --source"],
    [["--source", "nope"], "Allowed choices are file, sample"],
    [["--source", "file"], "--source file needs --input <path>"],
    [["--source", "sample", "--raw"], "--raw belongs to --source file, not to --source sample"],
    [["--input", "x", "--seed", "1"], "--seed belongs to --source sample, not to --source file"],
    [["--source", "sample", "--count", "-1"], "It must be an integer of at least 1"],
    [["--source", "sample", "--rate", "fast"], "It must be a number above 0"],
    [["--source", "sample", "--seed", "4294967296"], "It must be an integer from 0 to 4294967295"],
    [["--source", "sample", "--port", "0"], "It must be an integer from 1 to 65535"],
    [["--source", "sample", "--local", "--stack", "x"], "cannot be used with option '--local'"],
    [
      ["--source", "sample", "--endpoint-url", "localhost:4566"],
      "must be a URL that begins with http:// or https://",
    ],
    [["--nope"], "unknown option '--nope'"],
    [["posts.ndjson"], "too many arguments"],
  ])("that are wrong end with the usage code: %j", async (args, message) => {
    const run = await produce(args);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(run.stderr).toContain(message);
    expect(kinesis.calls()).toEqual([]);
  });

  it("are explained by --help, with every source, examples and exit codes", async () => {
    const run = await produce(["--help"]);
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    for (const text of [
      "--source <name>",
      "--input <path>",
      "--raw",
      "--seed <n>",
      "--rate <n>",
      "--local",
      "Examples:",
      "130",
    ])
      expect(run.stdout).toContain(text);
  });
});
