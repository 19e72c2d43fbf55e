import { gzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { post } from "../support/posts";
import { line, useProducer } from "../support/producer";

const producer = useProducer();

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
    producer.input("posts.ndjson", line({ id: "1", username: "ada" }), JSON.stringify(TWEET));
    const run = await producer.produce(["--input", "posts.ndjson"]);
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toMatch(/^2 records on the stream .* 0 retried, 0 rejected, 0 undelivered\n$/);

    const records = await producer.kinesis.records();
    expect(records.map(({ partitionKey }) => partitionKey)).toEqual(["ada", "ayuu"]);
    expect(records.map(({ data }) => JSON.parse(data.toString()))).toEqual([
      post({ id: "1", username: "ada" }),
      TWEET_AS_EVENT,
    ]);
    expect(producer.rejectsFiles()).toEqual([]);
  });

  it("may be gzipped, as its name or its bytes show", async () => {
    producer.input("posts.ndjson.gz", gzipSync(line({ id: "1" })), gzipSync(line({ id: "2" })));
    producer.input("disguised", gzipSync(line({ id: "3" })));
    expect(await producer.produce(["--input", "posts.ndjson.gz"])).toMatchObject({ exitCode: 0 });
    expect(await producer.produce(["--input", "disguised"])).toMatchObject({ exitCode: 0 });
    expect((await producer.storedData()).map((data) => JSON.parse(data).id)).toEqual(["1", "2", "3"]);
  });

  it("may be standard input", async () => {
    const run = await producer.produce(["--source", "file", "--input", "-"], line({ id: "1" }));
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await producer.storedData()).toEqual([JSON.stringify(post({ id: "1" }))]);
  });

  it("may begin with a byte order mark and end its lines with CR LF, as on Windows", async () => {
    producer.input(
      "windows.ndjson",
      "\ufeff",
      JSON.stringify(post({ id: "1" })),
      "\r\n",
      JSON.stringify(post({ id: "2" })),
      "\r\n",
    );
    expect(await producer.produce(["--input", "windows.ndjson"])).toMatchObject({ exitCode: 0 });
    expect((await producer.storedData()).map((data) => JSON.parse(data).id)).toEqual(["1", "2"]);
  });

  it("is read no further than --count", async () => {
    producer.input("posts.ndjson", line({ id: "1" }), "{oops\n", line({ id: "2" }), "{never read\n");
    const run = await producer.produce(["--input", "posts.ndjson", "--count", "2", "--json"]);
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 2, rejected: 1 });
  });

  it("has an author whose name is too long for a partition key delivered under a hash", async () => {
    const username = "é".repeat(300);
    producer.input("posts.ndjson", line({ username }));
    expect(await producer.produce(["--input", "posts.ndjson"])).toMatchObject({ exitCode: 0 });
    const [record] = await producer.kinesis.records();
    expect(record?.partitionKey).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.parse(record?.data.toString() ?? "")).toMatchObject({ username });
  });
});

describe("a file with bad lines", () => {
  it("has its bad lines rejected, reported and kept byte for byte, and its good ones delivered", async () => {
    const long = `"${"x".repeat(1024 * 1024)}"`;
    const room = 1024 * 1024 - JSON.stringify(post({ text: "" })).length;
    const large = JSON.stringify(post({ text: "x".repeat(room) }));
    const broken = Buffer.from([0x7b, 0xff, 0xfe]);
    producer.input(
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
    const run = await producer.produce(["--input", "bad.ndjson", "--json"]);
    expect(run.exitCode).toBe(3);
    expect(run.stderr.split("\n")).toEqual([
      "rejected: line 2: invalid-json: the 5 bytes are not JSON",
      "rejected: line 3: invalid-utf8: the 3 bytes are not UTF-8",
      "rejected: line 6: invalid-event: id: must be string",
      "rejected: line 7: line-too-long: the line is longer than 1048576 bytes, the most a record holds",
      "rejected: line 8: record-too-large: 1048579 bytes with its partition key; a record has at most 1048576",
      "",
    ]);
    expect(JSON.parse(run.stdout)).toMatchObject({
      acknowledged: 2,
      rejected: 5,
      emptyLines: 2,
      undelivered: 0,
      rejectsFile: expect.stringMatching(/^bad\.ndjson\.rejects-\d{8}T\d{6}Z\.ndjson$/),
    });
    const kept = Buffer.concat([
      Buffer.from("{oops\n"),
      broken,
      Buffer.from(`\n{"id":7}\n${long}\n${large}\n`),
    ]);
    expect(producer.rejects().equals(kept)).toBe(true);
    expect((await producer.storedData()).map((data) => JSON.parse(data).id)).toEqual(["1", "2"]);
  });

  it("has the first ten rejected lines reported one by one and the others by reason", async () => {
    producer.input("bad.ndjson", "{\n".repeat(1000), Buffer.from([0xff, 0x0a]), Buffer.from([0xfe, 0x0a]));
    const { stderr } = await producer.produce(["--input", "bad.ndjson"]);
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(12);
    expect(lines.slice(9)).toEqual([
      "rejected: line 10: invalid-json: the 1 bytes are not JSON",
      "rejected: 990 more lines: invalid-json",
      "rejected: 2 more lines: invalid-utf8",
    ]);
  });
});

describe("--raw", () => {
  it("puts every line as it is, broken and empty ones too, spread over partition keys", async () => {
    const lines = ["{oops", "", " two \r", JSON.stringify(TWEET)].map((text) => Buffer.from(text));
    const invalid = Buffer.from([0xef, 0xbb, 0xbf, 0xff, 0x00]);
    producer.input("raw", ...[invalid, ...lines].flatMap((bytes) => [bytes, "\n"]));
    const run = await producer.produce(["--input", "raw", "--raw"]);
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    const records = await producer.kinesis.records();
    expect(records.map(({ data }) => data)).toEqual([invalid, ...lines]);
    expect(new Set(records.map(({ partitionKey }) => partitionKey)).size).toBe(5);
  });

  it("rejects a line that leaves no room for its partition key", async () => {
    producer.input("raw", "x".repeat(1024 * 1024 - 32), "\n", "y".repeat(1024 * 1024 - 31));
    const run = await producer.produce(["--input", "raw", "--raw"]);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain("rejected: line 2: record-too-large: 1048577 bytes");
    expect((await producer.kinesis.records()).map(({ data }) => data.length)).toEqual([1024 * 1024 - 32]);
  });
});

describe("input that cannot be read", () => {
  it.each([
    ["a file that is not there", "missing.ndjson", "--input missing.ndjson: there is no such file"],
    ["a directory", ".", "--input . is a directory; name a file"],
  ])("is %s: that is reported, and nothing is produced", async (_, name, message) => {
    expect(await producer.produce(["--input", name])).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `error: ${message}\n`,
    });
    expect(producer.kinesis.calls()).toEqual([]);
  });

  it("is gzip that breaks off: what came before is delivered", async () => {
    const whole = gzipSync(
      Array.from({ length: 1000 }, (_, id) => line({ id: `${id}`, text: `${Math.sin(id)}` })).join(""),
    );
    producer.input("cut.gz", whole.subarray(0, whole.length / 2));
    const run = await producer.produce(["--input", "cut.gz", "--json"]);
    expect(run.exitCode).toBe(1);
    const { acknowledged } = JSON.parse(run.stdout);
    expect(acknowledged).toBeGreaterThan(100);
    expect(run.stderr).toBe(
      `error: cut.gz: the gzip data is broken (unexpected end of file); reading stopped after line ${acknowledged}\n`,
    );
    expect(await producer.kinesis.records()).toHaveLength(acknowledged);
  });

  it("is named .gz and is not gzip", async () => {
    producer.input("plain.gz", line({}));
    const run = await producer.produce(["--input", "plain.gz"]);
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("the gzip data is broken") });
  });
});
