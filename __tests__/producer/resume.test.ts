import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { formatCount } from "../../cli/terminal";
import { answerAfter } from "../support/fault-proxy";
import {
  failAll,
  failEntries,
  type KinesisServer,
  STREAM_NAME,
  startKinesisServer,
} from "../support/kinesis-server";
import { moment, until } from "../support/moment";
import { post } from "../support/posts";
import { runCommand, startCommand } from "../support/run-command";
import { useTemporaryDirectory } from "../support/temporary-directory";

const CLI = "producer/cli.ts";
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
    PRODUCER_SECRET_ACCESS_KEY: "a-secret",
    PRODUCER_ENDPOINT_URL: kinesis.url,
  };
  return { cwd: directory.path, env };
}

const produce = (...args: string[]) => runCommand(CLI, args, options());

function inDirectory(name: string): string {
  return path.join(directory.path, name);
}

function write(name: string, content: string | Buffer): void {
  writeFileSync(inDirectory(name), content);
}

function lines(first: number, last: number): string {
  return Array.from(
    { length: last - first + 1 },
    (_, index) => `${JSON.stringify(post({ id: `${first + index}` }))}\n`,
  ).join("");
}

async function storedIds(): Promise<number[]> {
  return (await kinesis.records()).map(({ data }) => Number(JSON.parse(data.toString()).id));
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function checkpoint(name = "posts.ndjson.checkpoint.json") {
  return JSON.parse(readFileSync(inDirectory(name), "utf8"));
}

describe("--resume", () => {
  it("goes on after the last line that is done with, and says so", async () => {
    write("posts.ndjson", lines(1, 10));
    const first = await produce("--input", "posts.ndjson", "--resume", "--count", "4");
    expect(first.stderr).toBe(
      "nothing is delivered yet of posts.ndjson (checkpoint posts.ndjson.checkpoint.json)\n",
    );
    expect(checkpoint()).toMatchObject({ source: "file", position: 4, complete: false });

    const second = await produce("--input", "posts.ndjson", "--resume");
    expect(second).toMatchObject({
      exitCode: 0,
      stderr: "going on after line 4 of posts.ndjson (checkpoint posts.ndjson.checkpoint.json)\n",
    });
    expect(await storedIds()).toEqual(numbers(1, 10));
    expect(checkpoint()).toMatchObject({ position: 10, complete: true });
  });

  it("says that nothing is left of an input that was delivered to its end, and delivers what is appended", async () => {
    write("posts.ndjson", lines(1, 3));
    await produce("--input", "posts.ndjson", "--resume");
    const again = await produce("--input", "posts.ndjson", "--resume", "--json");
    expect(again.exitCode).toBe(0);
    expect(again.stderr).toBe(
      "posts.ndjson was delivered to its end, and there is nothing new in it (checkpoint posts.ndjson.checkpoint.json)\n",
    );
    expect(JSON.parse(again.stdout)).toMatchObject({ acknowledged: 0 });

    appendFileSync(inDirectory("posts.ndjson"), lines(4, 5));
    expect((await produce("--input", "posts.ndjson", "--resume")).stderr).toContain(
      "going on after line 3 of posts.ndjson",
    );
    expect(await storedIds()).toEqual(numbers(1, 5));
  });

  it("reads a last line again that had no line feed, once the file has grown", async () => {
    const whole = lines(1, 3);
    write("posts.ndjson", whole.slice(0, -10));
    expect((await produce("--input", "posts.ndjson", "--resume")).exitCode).toBe(3);
    expect((await produce("--input", "posts.ndjson", "--resume")).stderr).toContain("nothing new in it");
    write("posts.ndjson", whole);
    expect((await produce("--input", "posts.ndjson", "--resume")).stderr).toContain("going on after line 2");
    expect(await storedIds()).toEqual([1, 2, 3]);
  });

  it.each([
    ["gzip", ["--input", "posts.gz"], gzipSync(lines(1, 6)), "posts.gz"],
    ["--raw", ["--raw", "--input", "posts.raw"], Buffer.from(lines(1, 6)), "posts.raw"],
  ])("works with %s", async (_, args, content, name) => {
    write(name, content);
    await produce(...args, "--resume", "--count", "2");
    expect((await produce(...args, "--resume")).stderr).toContain(`going on after line 2 of ${name}`);
    expect(await storedIds()).toEqual(numbers(1, 6));
  });

  it("passes empty lines, and refused and undelivered ones once they are in the rejects file", async () => {
    write("posts.ndjson", `${lines(1, 1)}\n{oops\n${lines(2, 3)}`);
    kinesis.inject(failEntries([1]));
    kinesis.injectAlways(failAll());
    const rejects = ["--rejects", "kept.ndjson"];
    await produce("--input", "posts.ndjson", "--resume", "--max-age", "0.2", ...rejects);
    expect(readFileSync(inDirectory("kept.ndjson"), "utf8")).toBe(`{oops\n${lines(2, 2)}`);
    expect(checkpoint()).toMatchObject({ position: 5, complete: true });
  });

  it("stays before a record that is not acknowledged, even if later ones are", async () => {
    write("posts.ndjson", lines(1, 700));
    const { reached, reach } = moment();
    kinesis.inject(answerAfter(reached));
    const { process: child, ended } = startCommand(CLI, ["--input", "posts.ndjson", "--resume"], options());
    await until(async () => (await kinesis.records()).length === 700);
    child.kill("SIGKILL");
    await ended;
    reach();
    expect(checkpoint().position).toBeUndefined();
  });

  it("keeps the checkpoint where --checkpoint says", async () => {
    write("posts.ndjson", lines(1, 2));
    await produce("--input", "posts.ndjson", "--checkpoint", "folder/here.json");
    expect(checkpoint("folder/here.json")).toMatchObject({ position: 2, complete: true });
    expect(existsSync(inDirectory("posts.ndjson.checkpoint.json"))).toBe(false);
  });
});

describe("a producer that is killed", () => {
  /** Every receipt is of a record that is on the stream. */
  async function expectReceipts(name: string): Promise<number> {
    const receipts = readFileSync(inDirectory(name), "utf8").split("\n").slice(0, -1);
    const stored = new Set((await kinesis.records()).map(({ sequenceNumber }) => sequenceNumber));
    expect(receipts.filter((line) => !stored.has(line.split(" ")[1] ?? ""))).toEqual([]);
    return receipts.length;
  }

  it.each([1, 2, 4, 7])(
    "during its %i. call loses nothing: the next run delivers what was not acknowledged",
    async (calls) => {
      write("posts.ndjson", lines(1, 4000));
      const args = ["--input", "posts.ndjson", "--resume"];
      const running = startCommand(CLI, [...args, "--receipts", "first"], options());
      await until(() => kinesis.calls().length >= calls);
      running.process.kill("SIGKILL");
      expect((await running.ended).exitCode).toBeNull();
      await expectReceipts("first");

      const second = await produce(...args, "--receipts", "second");
      expect(second.exitCode).toBe(0);
      expect(new Set(await storedIds())).toEqual(new Set(numbers(1, 4000)));
      await expectReceipts("second");
      expect(checkpoint()).toMatchObject({ position: 4000, complete: true });
    },
  );

  it("after a while goes on from its last checkpoint, not from the beginning", async () => {
    write("posts.ndjson", lines(1, 8000));
    const args = ["--input", "posts.ndjson", "--resume"];
    const running = startCommand(CLI, [...args, "--rate", "2000", "--receipts", "first"], options());
    const savedPosition = () =>
      existsSync(inDirectory("posts.ndjson.checkpoint.json")) ? (checkpoint().position ?? 0) : 0;
    await until(() => savedPosition() > 0);
    running.process.kill("SIGKILL");
    await running.ended;
    const position = savedPosition();
    expect(await expectReceipts("first")).toBeGreaterThanOrEqual(position);

    const { stderr } = await produce(...args, "--receipts", "second");
    expect(stderr).toContain(`going on after line ${formatCount(position)} of posts.ndjson`);
    expect(await expectReceipts("second")).toBe(8000 - position);
    expect(new Set(await storedIds())).toEqual(new Set(numbers(1, 8000)));
  });
});

describe("a checkpoint is refused", () => {
  async function expectRefused(run: Promise<{ exitCode: number | null; stderr: string }>, message: string) {
    const calls = kinesis.calls().length;
    const { exitCode, stderr } = await run;
    expect(stderr).toContain(message);
    expect(kinesis.calls()).toHaveLength(calls);
    return exitCode;
  }

  beforeEach(async () => {
    write("posts.ndjson", lines(1, 3));
    await produce("--input", "posts.ndjson", "--resume", "--count", "2");
  });

  it("with another file of the same name", async () => {
    write("posts.ndjson", lines(4, 9));
    const run = produce("--input", "posts.ndjson", "--resume");
    expect(await expectRefused(run, "posts.ndjson.checkpoint.json was made with another posts.ndjson")).toBe(
      1,
    );
  });

  it("with a file that has become shorter", async () => {
    write("posts.ndjson", lines(1, 2));
    const run = produce("--input", "posts.ndjson", "--resume");
    expect(await expectRefused(run, "was made with another posts.ndjson; delete it to begin")).toBe(1);
  });

  it("for another stream: what is on one is not on the other", async () => {
    const run = produce(
      "--input",
      "posts.ndjson",
      "--resume",
      "--endpoint-url",
      kinesis.url.replace("127.0.0.1", "localhost"),
    );
    expect(
      await expectRefused(run, "this run is for the stream posts in eu-west-1 at http://localhost"),
    ).toBe(2);
  });

  it("where it is no checkpoint", async () => {
    write("posts.ndjson.checkpoint.json", "{");
    const run = produce("--input", "posts.ndjson", "--resume");
    expect(await expectRefused(run, "posts.ndjson.checkpoint.json is not a checkpoint")).toBe(1);
  });

  it("where it is the input", async () => {
    const run = produce("--input", "posts.ndjson", "--checkpoint", "posts.ndjson");
    expect(await expectRefused(run, "--checkpoint posts.ndjson is the input itself")).toBe(2);
  });

  it("where it cannot be written", async () => {
    const run = produce("--input", "posts.ndjson", "--checkpoint", "posts.ndjson/no");
    expect(await expectRefused(run, "the checkpoint posts.ndjson/no cannot be")).toBe(1);
  });

  it.each([
    ["standard input", ["--input", "-"], "--resume: standard input cannot be read again"],
    [
      "sample posts",
      ["--source", "sample", "--seed", "1"],
      "--resume: sample posts, seed 1 cannot be read again",
    ],
  ])("for %s, which cannot be read again", async (_, args, message) => {
    expect(await expectRefused(produce(...args, "--resume"), message)).toBe(2);
  });
});
