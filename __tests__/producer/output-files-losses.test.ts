import { closeSync, existsSync, linkSync, openSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { line, useProducer } from "../support/producer";

const producer = useProducer();
const at = (name: string) => path.join(producer.directory, name);
const POSTS = line({ id: "1" }) + line({ id: "2" });

beforeEach(() => {
  producer.input("posts.ndjson", POSTS);
});

/** The run ends before anything is put on the stream, and the input is as it was. */
async function expectNotStarted(args: string[], message: string) {
  const run = await producer.produce(["--input", "posts.ndjson", ...args]);
  expect(run).toEqual({ exitCode: 2, stdout: "", stderr: `error: ${message}; name another file\n` });
  expect(producer.kinesis.calls()).toEqual([]);
  expect(readFileSync(at("posts.ndjson"), "utf8")).toBe(POSTS);
}

describe("the input is not emptied", () => {
  it.each(["--receipts", "--rejects", "--checkpoint"])("by %s that names it", async (option) => {
    await expectNotStarted([option, "posts.ndjson"], `${option} posts.ndjson is the input itself`);
  });

  it("by --receipts that names a hard link to it", async () => {
    linkSync(at("posts.ndjson"), at("link"));
    await expectNotStarted(["--receipts", "link"], "--receipts link is the input itself");
  });

  it("by the default checkpoint, which is a link to it", async () => {
    symlinkSync("posts.ndjson", at("posts.ndjson.checkpoint.json"));
    await expectNotStarted(
      ["--resume"],
      "the default of --checkpoint, posts.ndjson.checkpoint.json, is the input itself",
    );
  });

  it("by the file in which the next checkpoint is written", async () => {
    linkSync(at("posts.ndjson"), at("here.tmp"));
    await expectNotStarted(
      ["--checkpoint", "here"],
      "here.tmp, which --checkpoint needs, is the input itself",
    );
  });

  it("when a shell redirects it to standard input", async () => {
    const { process: child, ended } = producer.start(["--input", "-", "--receipts", "posts.ndjson"], {
      stdin: openSync(at("posts.ndjson"), "r"),
    });
    child.stdin?.end();
    expect(await ended).toMatchObject({
      exitCode: 2,
      stderr: "error: --receipts posts.ndjson is the input itself; name another file\n",
    });
    expect(readFileSync(at("posts.ndjson"), "utf8")).toBe(POSTS);
  });
});

describe("two outputs are not one file", () => {
  it("whether it exists or not", async () => {
    const message = "--receipts ./kept is the same file as --rejects kept";
    await expectNotStarted(["--rejects", "kept", "--receipts", "./kept"], message);
    expect(existsSync(at("kept"))).toBe(false);
    writeFileSync(at("kept"), "of an earlier run\n");
    await expectNotStarted(["--rejects", "kept", "--receipts", "./kept"], message);
    expect(readFileSync(at("kept"), "utf8")).toBe("of an earlier run\n");
  });

  it("where one is the default checkpoint", async () => {
    await expectNotStarted(
      ["--resume", "--receipts", "posts.ndjson.checkpoint.json"],
      "the default of --checkpoint, posts.ndjson.checkpoint.json, is the same file as --receipts posts.ndjson.checkpoint.json",
    );
  });

  it("where one is standard output", async () => {
    const log = openSync(at("log"), "w");
    const { ended } = producer.start(["--input", "posts.ndjson", "--rejects", "log"], { stdout: log });
    closeSync(log);
    expect(await ended).toMatchObject({
      exitCode: 2,
      stderr: "error: --rejects log is the same file as standard output; name another file\n",
    });
  });
});
