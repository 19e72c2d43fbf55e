import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { answerAfter } from "../support/fault-proxy";
import { failCall, failEntries } from "../support/kinesis-server";
import { moment, until } from "../support/moment";
import { line, SECRET, useProducer } from "../support/producer";

const producer = useProducer();

describe("sample posts", () => {
  it("are a thousand by default, and the same ones for the same seed", async () => {
    const run = await producer.produce(["--source", "sample", "--seed", "5", "--json"]);
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    const { bytes, seconds, recordsPerSecond, ...counts } = JSON.parse(run.stdout);
    expect(counts).toEqual({
      acknowledged: 1000,
      retried: 0,
      rejected: 0,
      undelivered: 0,
      emptyLines: 0,
      streamNotices: 0,
    });
    expect(bytes).toBe(Buffer.byteLength((await producer.storedData()).join("")));
    // Both are rounded, the time to a thousandth of a second.
    expect(recordsPerSecond).toBeGreaterThanOrEqual(Math.floor(1000 / (seconds + 0.0005)));
    expect(recordsPerSecond).toBeLessThanOrEqual(Math.ceil(1000 / (seconds - 0.0005)));
    await producer.produce(["--source", "sample", "--seed", "5", "--count", "1000"]);

    const withoutTime = (data: string) => ({ ...JSON.parse(data), createdAt: undefined });
    const stored = (await producer.storedData()).map(withoutTime);
    const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);
    expect(stored.slice(0, 1000).sort(byId)).toEqual(stored.slice(1000).sort(byId));
    expect(new Set(stored.map(({ id }) => id)).size).toBe(1000);
  });
});

describe("--receipts", () => {
  it("names the shard and sequence number of every record that Kinesis acknowledged, and of no other", async () => {
    producer.kinesis.inject(failEntries([0, 2]));
    const run = await producer.produce(["--source", "sample", "--count", "4", "--receipts", "receipts"]);
    const receipts = readFileSync(path.join(producer.directory, "receipts"), "utf8");
    const stored = await producer.kinesis.records();
    expect(stored).toHaveLength(4);
    expect(receipts.trimEnd().split("\n").sort()).toEqual(
      stored.map(({ sequenceNumber }) => `shardId-000000000000 ${sequenceNumber}`),
    );
    expect(run.exitCode).toBe(0);
  });

  it("that cannot be written end the run before it begins, with the file and the remedy", async () => {
    const run = await producer.produce(["--source", "sample", "--receipts", "nowhere/receipts"]);
    expect(run.stderr).toMatch(
      /the receipts file nowhere\/receipts cannot be written .*; name another with --receipts/,
    );
    expect(run.exitCode).toBe(1);
    expect(await producer.storedData()).toEqual([]);
  });

  it("must not be the input itself, which they would overwrite", async () => {
    producer.input("posts.ndjson", line({}));
    expect(await producer.produce(["--input", "posts.ndjson", "--receipts", "posts.ndjson"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("--receipts posts.ndjson is the input itself"),
    });
    expect(readFileSync(path.join(producer.directory, "posts.ndjson"), "utf8")).toBe(line({}));
  });
});

describe("--rate", () => {
  it("spreads posts over time", async () => {
    const run = await producer.produce(["--source", "sample", "--count", "6", "--rate", "50", "--json"]);
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 6 });
    const [first = 0, ...others] = (await producer.storedData()).map((data) =>
      Date.parse(JSON.parse(data).createdAt),
    );
    expect(others.at(-1)).toBeGreaterThanOrEqual(first + 95);
  });
});

describe("what Kinesis does not take", () => {
  it("is sent again until it does, and counted", async () => {
    producer.kinesis.inject(failEntries([0, 2]), failEntries([1]));
    const run = await producer.produce(["--source", "sample", "--count", "3", "--json"]);
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 3, retried: 3, undelivered: 0 });
    expect(new Set((await producer.storedData()).map((data) => JSON.parse(data).id)).size).toBe(3);
  });

  it("is kept in the file of --rejects once it is too old, and can be produced from there", async () => {
    producer.input("posts.ndjson", line({ id: "1" }), line({ id: "2" }));
    producer.kinesis.inject(failEntries([1]));
    producer.kinesis.injectAlways(failEntries([0]));
    const run = await producer.produce([
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
    expect(readFileSync(path.join(producer.directory, "kept.ndjson"), "utf8")).toBe(line({ id: "2" }));

    producer.kinesis.injectAlways(undefined);
    expect(await producer.produce(["--input", "kept.ndjson"])).toMatchObject({ exitCode: 0 });
    expect(await producer.storedData()).toEqual([line({ id: "1" }).trim(), line({ id: "2" }).trim()]);
  });

  it("is kept when the access key may not put records, and the run ends at once", async () => {
    producer.kinesis.injectAlways(failCall("AccessDeniedException"));
    const run = await producer.produce(["--source", "sample", "--count", "7", "--json"]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(
      "error: the producer's access key may not put records on the stream posts in eu-west-1",
    );
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 0, undelivered: 7 });
    expect(producer.rejects().toString().trimEnd().split("\n")).toHaveLength(7);
    expect(run.stderr + run.stdout).not.toContain(SECRET);
  });

  it("is noticed before anything is read when there is no such stream", async () => {
    const run = await producer.produce(["--input", "-", "--stream-name", "nope"], line({}));
    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toContain(
      `error: the stream nope in eu-west-1 at ${producer.kinesis.url} does not exist`,
    );
    expect(producer.rejectsFiles()).toEqual([]);
  });

  it("is noticed before anything is read when nothing answers", async () => {
    const run = await producer.produce(["--source", "sample", "--endpoint-url", "http://127.0.0.1:1"]);
    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toContain(
      "error: Kinesis cannot be reached at http://127.0.0.1:1: connect ECONNREFUSED",
    );
  });
});

describe("a rejects file", () => {
  it("that cannot be written ends the run with the file and the remedy", async () => {
    producer.input("bad.ndjson", "{oops\n", line({}));
    const run = await producer.produce(["--input", "bad.ndjson", "--rejects", "no/such/folder"]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /error: the rejects file no\/such\/folder cannot be written \(.*\); name another with --rejects/,
    );
  });

  it("must not be the input itself", async () => {
    producer.input("posts.ndjson", "{oops\n");
    expect(await producer.produce(["--input", "posts.ndjson", "--rejects", "./posts.ndjson"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("--rejects ./posts.ndjson is the input itself"),
    });
  });
});

describe("Ctrl-C", () => {
  it("ends the source, delivers what was read and exits as if the input had ended there", async () => {
    const { process: child, stderr, ended } = producer.start(["--input", "-", "--json"]);
    child.stdin?.write(line({ id: "1" }) + line({ id: "2" }));
    await until(() => producer.kinesis.calls().length === 1);
    child.stdin?.write(line({ id: "3" }).slice(0, 20));
    child.kill("SIGINT");
    const run = await ended;
    expect(run.exitCode).toBe(0);
    expect(stderr()).toBe("stopping: delivering what was read; Ctrl-C again stops immediately\n");
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 2, rejected: 0, undelivered: 0 });
    expect(await producer.kinesis.records()).toHaveLength(2);
  });

  it("a second time stops at once with 130, and keeps what is undelivered", async () => {
    const { reached, reach } = moment();
    producer.kinesis.injectAlways(answerAfter(reached));
    const { process: child, stderr, ended } = producer.start(["--input", "-", "--json"]);
    child.stdin?.write(line({ id: "1" }) + line({ id: "2" }));
    await until(() => producer.kinesis.calls().length === 1);
    child.kill("SIGTERM");
    await until(() => stderr().includes("stopping"));
    // A signal within half a second counts as the same press.
    await sleep(500);
    child.kill("SIGINT");
    const run = await ended;
    reach();
    expect(run.exitCode).toBe(130);
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 0, undelivered: 2 });
    expect(producer.rejects().toString()).toBe(line({ id: "1" }) + line({ id: "2" }));
  });
});
