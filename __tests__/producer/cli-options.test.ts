import { describe, expect, it } from "@jest/globals";
import { useProducer } from "../support/producer";

const producer = useProducer();

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
    const run = await producer.produce(args);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(run.stderr).toContain(message);
    expect(producer.kinesis.calls()).toEqual([]);
  });

  it("are explained by --help, with every source, examples and exit codes", async () => {
    const run = await producer.produce(["--help"]);
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
