import { appendFileSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { formatCount } from "../../shared/terminal";
import { answerAfter, type ProxyFault } from "../support/fault-proxy";
import { moment, until } from "../support/moment";
import { line, useProducer } from "../support/producer";

const producer = useProducer();
const produce = (...args: string[]) => producer.produce(args);

function inDirectory(name: string): string {
  return path.join(producer.directory, name);
}

/** Lines of a file, each an event; the event's id is the line's number. */
function lines(first: number, last: number): string {
  return numbers(first, last)
    .map((id) => line({ id: `${id}` }))
    .join("");
}

async function storedIds(): Promise<number[]> {
  return (await producer.storedData()).map((data) => Number(JSON.parse(data).id));
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function checkpoint(name = "posts.ndjson.checkpoint.json") {
  return JSON.parse(readFileSync(inDirectory(name), "utf8"));
}

const passThrough: ProxyFault = (request, forward) => forward(request);

describe("--resume", () => {
  it("resumes after the last line that is settled, and prints where", async () => {
    producer.input("posts.ndjson", lines(1, 10));
    const first = await produce("--input", "posts.ndjson", "--resume", "--count", "4");
    expect(first.stderr).toBe(
      "nothing from posts.ndjson was delivered yet (checkpoint posts.ndjson.checkpoint.json)\n",
    );
    expect(checkpoint()).toMatchObject({ source: "file", position: 4, complete: false });

    const second = await produce("--input", "posts.ndjson", "--resume");
    expect(second).toMatchObject({
      exitCode: 0,
      stderr: "resuming after line 4 of posts.ndjson (checkpoint posts.ndjson.checkpoint.json)\n",
    });
    expect(await storedIds()).toEqual(numbers(1, 10));
    expect(checkpoint()).toMatchObject({ position: 10, complete: true });
  });

  it("reports an input that was delivered to its end, and delivers what is appended", async () => {
    producer.input("posts.ndjson", lines(1, 3));
    await produce("--input", "posts.ndjson", "--resume");
    const again = await produce("--input", "posts.ndjson", "--resume", "--json");
    expect(again.exitCode).toBe(0);
    expect(again.stderr).toBe(
      "posts.ndjson was delivered to its end, and there is nothing new in it (checkpoint posts.ndjson.checkpoint.json)\n",
    );
    expect(JSON.parse(again.stdout)).toMatchObject({ acknowledged: 0 });

    appendFileSync(inDirectory("posts.ndjson"), lines(4, 5));
    expect((await produce("--input", "posts.ndjson", "--resume")).stderr).toContain(
      "resuming after line 3 of posts.ndjson",
    );
    expect(await storedIds()).toEqual(numbers(1, 5));
  });

  it("reads a last line again that had no line feed, once the file has grown", async () => {
    const whole = lines(1, 3);
    producer.input("posts.ndjson", whole.slice(0, -10));
    expect((await produce("--input", "posts.ndjson", "--resume")).exitCode).toBe(3);
    expect((await produce("--input", "posts.ndjson", "--resume")).stderr).toContain("nothing new in it");
    producer.input("posts.ndjson", whole);
    expect((await produce("--input", "posts.ndjson", "--resume")).stderr).toContain("resuming after line 2");
    expect(await storedIds()).toEqual([1, 2, 3]);
  });

  it.each([
    ["gzip", ["--input", "posts.gz"], gzipSync(lines(1, 6)), "posts.gz"],
    ["--raw", ["--raw", "--input", "posts.raw"], Buffer.from(lines(1, 6)), "posts.raw"],
  ])("works with %s", async (_, args, content, name) => {
    producer.input(name, content);
    await produce(...args, "--resume", "--count", "2");
    expect((await produce(...args, "--resume")).stderr).toContain(`resuming after line 2 of ${name}`);
    expect(await storedIds()).toEqual(numbers(1, 6));
  });
});

describe("the checkpoint", () => {
  it("passes empty lines, and rejected ones once they are in the rejects file", async () => {
    producer.input("posts.ndjson", `${lines(1, 1)}\n{oops\n`);
    const run = await produce("--input", "posts.ndjson", "--resume", "--rejects", "kept.ndjson");
    expect(run.exitCode).toBe(3);
    expect(readFileSync(inDirectory("kept.ndjson"), "utf8")).toBe("{oops\n");
    expect(checkpoint()).toMatchObject({ position: 3, complete: true });
  });

  it("stays before a record that is not acknowledged, even if later ones are", async () => {
    producer.input("posts.ndjson", lines(1, 1400));
    const { reached, reach } = moment();
    producer.kinesis.inject(passThrough, answerAfter(reached));
    const { process: child, ended } = producer.start(["--input", "posts.ndjson", "--resume"]);
    await until(async () => (await producer.kinesis.records()).length === 1400);
    await until(() => checkpoint().position !== undefined);
    child.kill("SIGKILL");
    await ended;
    reach();
    expect(checkpoint().position).toBe(500);
  });

  it("keeps the checkpoint where --checkpoint says", async () => {
    producer.input("posts.ndjson", lines(1, 2));
    await produce("--input", "posts.ndjson", "--checkpoint", "folder/here.json");
    expect(checkpoint("folder/here.json")).toMatchObject({ position: 2, complete: true });
    expect(existsSync(inDirectory("posts.ndjson.checkpoint.json"))).toBe(false);
  });
});

describe("a producer that is killed", () => {
  /** Every receipt is of a record that is on the stream. */
  async function expectReceipts(name: string): Promise<number> {
    const receipts = readFileSync(inDirectory(name), "utf8").split("\n").slice(0, -1);
    const stored = new Set((await producer.kinesis.records()).map(({ sequenceNumber }) => sequenceNumber));
    expect(receipts.filter((line) => !stored.has(line.split(" ")[1] ?? ""))).toEqual([]);
    return receipts.length;
  }

  it.each([1, 2, 4, 7])(
    "during call %i loses nothing: the next run delivers what was not acknowledged",
    async (calls) => {
      producer.input("posts.ndjson", lines(1, 4000));
      const args = ["--input", "posts.ndjson", "--resume"];
      const running = producer.start([...args, "--receipts", "first"]);
      await until(() => producer.kinesis.calls().length >= calls);
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

  it("after a while resumes from its last checkpoint, not from the beginning", async () => {
    producer.input("posts.ndjson", lines(1, 8000));
    const args = ["--input", "posts.ndjson", "--resume"];
    const running = producer.start([...args, "--rate", "2000", "--receipts", "first"]);
    const savedPosition = () =>
      existsSync(inDirectory("posts.ndjson.checkpoint.json")) ? (checkpoint().position ?? 0) : 0;
    await until(() => savedPosition() > 0);
    running.process.kill("SIGKILL");
    await running.ended;
    const position = savedPosition();
    expect(await expectReceipts("first")).toBeGreaterThanOrEqual(position);

    const { stderr } = await produce(...args, "--receipts", "second");
    expect(stderr).toContain(`resuming after line ${formatCount(position)} of posts.ndjson`);
    expect(await expectReceipts("second")).toBe(8000 - position);
    expect(new Set(await storedIds())).toEqual(new Set(numbers(1, 8000)));
  });
});

/** The run ends before anything is put on the stream. @returns its exit code */
async function expectNotStarted(run: Promise<{ exitCode: number | null; stderr: string }>, message: string) {
  const calls = producer.kinesis.calls().length;
  const { exitCode, stderr } = await run;
  expect(stderr).toContain(message);
  expect(producer.kinesis.calls()).toHaveLength(calls);
  return exitCode;
}

describe("a checkpoint is not accepted", () => {
  beforeEach(async () => {
    producer.input("posts.ndjson", lines(1, 3));
    await produce("--input", "posts.ndjson", "--resume", "--count", "2");
  });

  it("with another file of the same name", async () => {
    producer.input("posts.ndjson", lines(4, 9));
    const run = produce("--input", "posts.ndjson", "--resume");
    expect(
      await expectNotStarted(run, "posts.ndjson.checkpoint.json was made with another posts.ndjson"),
    ).toBe(1);
  });

  it("with a file that has become shorter", async () => {
    producer.input("posts.ndjson", lines(1, 2));
    const run = produce("--input", "posts.ndjson", "--resume");
    expect(await expectNotStarted(run, "was made with another posts.ndjson; delete it to start")).toBe(1);
  });

  it("for another stream: what is on one is not on the other", async () => {
    const run = produce(
      "--input",
      "posts.ndjson",
      "--resume",
      "--endpoint-url",
      producer.kinesis.url.replace("127.0.0.1", "localhost"),
    );
    expect(
      await expectNotStarted(run, "this run is for the stream posts in eu-west-1 at http://localhost"),
    ).toBe(2);
  });

  it("from a file that is not a checkpoint", async () => {
    producer.input("posts.ndjson.checkpoint.json", "{");
    const run = produce("--input", "posts.ndjson", "--resume");
    expect(await expectNotStarted(run, "posts.ndjson.checkpoint.json is not a checkpoint")).toBe(1);
  });

  it("in the input file itself", async () => {
    const run = produce("--input", "posts.ndjson", "--checkpoint", "posts.ndjson");
    expect(await expectNotStarted(run, "--checkpoint posts.ndjson is the input itself")).toBe(2);
  });

  it("in a file that cannot be written", async () => {
    const run = produce("--input", "posts.ndjson", "--checkpoint", "posts.ndjson/no");
    expect(await expectNotStarted(run, "the checkpoint posts.ndjson/no cannot be")).toBe(1);
  });

  it.each([
    ["standard input", ["--input", "-"], "--resume: standard input cannot be read again"],
    [
      "sample posts",
      ["--source", "sample", "--seed", "1"],
      "--resume: sample posts, seed 1 cannot be read again",
    ],
  ])("for %s, which cannot be read again", async (_, args, message) => {
    expect(await expectNotStarted(produce(...args, "--resume"), message)).toBe(2);
  });
});
