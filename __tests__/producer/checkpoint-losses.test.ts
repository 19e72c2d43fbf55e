import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { answerWith, type FaultProxy, startFaultProxy } from "../support/fault-proxy";
import { until } from "../support/moment";
import { line, useProducer } from "../support/producer";

const producer = useProducer();
const at = (name: string) => path.join(producer.directory, name);
const ARGS = ["--input", "posts.ndjson", "--resume"];
const CHECKPOINT = "posts.ndjson.checkpoint.json";
const POSTS = line({ id: "1" }) + line({ id: "2" });
const REMEDY = "name another file with --checkpoint, or delete this one to start at the beginning";
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z/g;

const saved = () => JSON.parse(readFileSync(at(CHECKPOINT), "utf8"));

/** The ids of the events on the stream, in order. */
async function storedIds(): Promise<string[]> {
  return (await producer.storedData()).map((data) => JSON.parse(data).id);
}

describe("a checkpoint of a stream that was deleted and created again", () => {
  it("does not skip what is not on the new stream, and names both", async () => {
    producer.input("posts.ndjson", POSTS);
    expect(await producer.produce(ARGS)).toMatchObject({ exitCode: 0 });
    expect(saved()).toMatchObject({
      streamArn: "arn:aws:kinesis:us-east-1:000000000000:stream/posts",
      streamCreatedAt: expect.stringMatching(new RegExp(`^${TIME.source}$`)),
    });
    const before = saved().streamCreatedAt;
    await producer.kinesis.createStreamAgain(60_000);

    const run = await producer.produce(ARGS);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    const after = run.stderr.match(TIME)?.[1];
    expect(Date.parse(after ?? "")).toBeGreaterThan(Date.parse(before));
    expect(run.stderr).toBe(
      `error: the checkpoint ${CHECKPOINT} belongs to the stream posts in eu-west-1 at ${producer.kinesis.url} as it was created at ${before}, but this run is for one of the same name that was created at ${after}; ${REMEDY}\n`,
    );
    expect(await storedIds()).toEqual([]);
    const another = await producer.produce([...ARGS, "--checkpoint", "another.json"]);
    expect(another).toMatchObject({ exitCode: 0 });
    expect(await storedIds()).toEqual(["1", "2"]);
  });

  it("is recognized even if an earlier version saved it, which did not know when the stream was created", async () => {
    producer.input("posts.ndjson", POSTS);
    await producer.produce(ARGS);
    const { streamArn, streamCreatedAt, ...old } = saved();
    expect(streamArn).toMatch(/^arn:aws:kinesis:/);
    writeFileSync(at(CHECKPOINT), JSON.stringify(old));
    const run = await producer.produce(ARGS);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain("is not certain: the run that saved it did not know the stream's ARN\n");
    expect(saved()).toMatchObject({ streamArn, streamCreatedAt });

    writeFileSync(at(CHECKPOINT), JSON.stringify(old));
    await producer.kinesis.createStreamAgain(60_000);
    expect(await producer.produce(ARGS)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(
        `as it was at ${old.savedAt}, but this run is for one of the same name`,
      ),
    });
  });

  it("cannot be recognized if the access key may not describe the stream, which is said", async () => {
    const proxy: FaultProxy = await startFaultProxy(producer.kinesis.url);
    proxy.injectAlways((request, forward) =>
      request.headers["x-amz-target"] === "Kinesis_20131202.DescribeStreamSummary"
        ? answerWith(400, { __type: "AccessDeniedException" })(request, forward)
        : forward(request),
    );
    const args = [...ARGS, "--endpoint-url", proxy.url];
    producer.input("posts.ndjson", POSTS);
    expect(await producer.produce(args)).toMatchObject({ exitCode: 0 });
    const run = await producer.produce(args);
    await proxy.stop();
    expect(run.stderr).toBe(
      `the checkpoint ${CHECKPOINT} is taken for one of the stream posts in eu-west-1 at ${proxy.url}, but that is not certain: the producer's access key may not call kinesis:DescribeStreamSummary\nposts.ndjson was delivered to its end, and there is nothing new in it (checkpoint ${CHECKPOINT})\n`,
    );
  });
});

describe("two runs on one checkpoint", () => {
  it("exclude each other with a message, until the first is killed", async () => {
    producer.input("posts.ndjson", POSTS.repeat(5000));
    const first = producer.start([...ARGS, "--rate", "1"]);
    await until(() => existsSync(at(CHECKPOINT)));
    const before = saved();
    const args = ["--input", "posts.ndjson", "--checkpoint", `./${CHECKPOINT}`];
    expect(await producer.produce(args)).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `error: the checkpoint ./${CHECKPOINT} is in use by another run (process ${first.process.pid}); wait until that has ended, or name another file with --checkpoint\n`,
    });
    expect(saved().savedAt >= before.savedAt).toBe(true);

    first.process.kill("SIGKILL");
    await first.ended;
    expect(existsSync(at(`${CHECKPOINT}.lock`))).toBe(true);
    expect(await producer.produce([...args, "--count", "1"])).toMatchObject({ exitCode: 0 });
    expect(existsSync(at(`${CHECKPOINT}.lock`))).toBe(false);
  });
});

describe("a file that was empty when a run began", () => {
  it("is not taken for another of its name, so that nothing of that is skipped", async () => {
    producer.input("posts.ndjson", "");
    await producer.produce(ARGS);
    producer.input("posts.ndjson", POSTS);
    const second = await producer.produce(ARGS);
    expect(second.stderr).toBe(`nothing from posts.ndjson was delivered yet (checkpoint ${CHECKPOINT})\n`);
    expect(await storedIds()).toEqual(["1", "2"]);

    // As it was saved when the file was identified only once, while it was empty.
    const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const input = { size: 0, headBytes: 0, headSha256: nothing };
    writeFileSync(at(CHECKPOINT), JSON.stringify({ ...saved(), input }));
    producer.input("posts.ndjson", line({ id: "3" }) + line({ id: "4" }) + line({ id: "5" }));
    expect(await producer.produce(ARGS)).toMatchObject({
      exitCode: 1,
      stderr: `error: the checkpoint ${CHECKPOINT} was made with another posts.ndjson; delete it to start at the beginning, or name another with --checkpoint\n`,
    });
  });
});
