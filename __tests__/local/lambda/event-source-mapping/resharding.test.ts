import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { answerWith } from "../../../support/fault-proxy";
import { source } from "../../../support/mapping-settings";
import { moment } from "../../../support/moment";
import { type RunningMapping, startMapping } from "../../../support/running-mapping";
import { type Reaction, succeed } from "../../../support/scripted-function";
import { type StreamEmulator, startStreamEmulator } from "../../../support/stream-emulator";

let stream: StreamEmulator;
let name: string;
let streams = 0;
let running: RunningMapping | undefined;

beforeAll(async () => {
  stream = await startStreamEmulator();
});

afterAll(() => stream.stop());

beforeEach(() => {
  streams += 1;
  name = `resharding-${streams}`;
});

afterEach(async () => {
  stream.onCall(() => undefined);
  await running?.mapping.stop();
});

/** Creates a stream and reads it. */
async function read(
  shardCount: number,
  settings: Parameters<typeof startMapping>[1] = {},
  parts: Parameters<typeof startMapping>[2] = {},
): Promise<RunningMapping> {
  const streamArn = await stream.createStream(name, shardCount);
  running = await startMapping(stream, { streamArn, ...settings }, parts);
  return running;
}

/** Resolves when this many shards were read to their end. */
function shardsRead(count: number): Promise<void> {
  const { reached, reach } = moment();
  const ended = new Set<unknown>();
  stream.onCall(({ operation, input, output }) => {
    if (operation !== "GetRecords" || output.NextShardIterator) return;
    ended.add(input.ShardIterator);
    if (ended.size === count) reach();
  });
  return reached;
}

/** A function that waits for the gate before it handles a batch, of one partition key or of any. */
const openedBy =
  (gate: Promise<void>, partitionKey?: string): Reaction =>
  async (event) => {
    const [record] = event.Records;
    if (partitionKey === undefined || record?.kinesis.partitionKey === partitionKey) await gate;
    return succeed(event);
  };

/** Waits long enough for the mapping to open other shards, if it did not wait for the parents. */
async function expectNoOtherShardIsOpened(): Promise<void> {
  const count = () => stream.calls.filter(({ operation }) => operation === "GetShardIterator").length;
  const before = count();
  await stream.put(name, "xxxxx");
  expect(count()).toBe(before);
}

describe(`A shard that is split or merged (${source.resharding})`, () => {
  it("the children of a split shard are read, and the order holds per partition key", async () => {
    const { mapping, batches } = await read(1);
    await stream.put(name, "abc");
    await stream.split(name);
    await stream.put(name, "def");
    await mapping.caughtUp();
    expect(batches().join("")).toBe("abcdef");
  });

  it("children are not read before the last batch of their parent is handled", async () => {
    const gate = moment();
    const { mapping, batches } = await read(1, { batchSize: 1 }, { function: openedBy(gate.reached) });
    const parentRead = shardsRead(1);
    await stream.put(name, "ab");
    await stream.split(name);
    await stream.put(name, "c");
    await parentRead;
    await expectNoOtherShardIsOpened();
    expect(batches()).toEqual(["a"]);

    gate.reach();
    await mapping.caughtUp();
    expect(batches().join("")).toMatch(/^abc/);
  });

  it("the child of merged shards is not read before both have ended", async () => {
    const gate = moment();
    const { mapping, batches } = await read(2, {}, { function: openedBy(gate.reached, "ada") });
    const parentsRead = shardsRead(2);
    await stream.put(name, "a", "ada");
    await stream.put(name, "f", "fay");
    await stream.merge(name);
    await stream.put(name, "A", "ada");
    await stream.put(name, "F", "fay");
    await parentsRead;
    await expectNoOtherShardIsOpened();
    expect(batches().sort()).toEqual(["a", "f"]);

    gate.reach();
    await mapping.caughtUp();
    expect(batches().slice(2).join("")).toMatch(/^AF/);
  });

  it("children are found even if the first call that lists the shards fails", async () => {
    const { mapping, batches, problems } = await read(1);
    await stream.put(name, "a");
    stream.failNext("ListShards", answerWith(500, { __type: "InternalFailure", message: "Try again." }));
    await stream.split(name);
    await stream.put(name, "b");
    await mapping.caughtUp();
    expect(batches().join("")).toBe("ab");
    expect(problems).toEqual(["the shards cannot be listed: Try again."]);
  });

  it("the mapping has caught up only when the children are handled too", async () => {
    const { mapping, handled } = await read(1);
    await mapping.caughtUp();
    await stream.split(name);
    await stream.put(name, "abc");
    await mapping.caughtUp();
    expect(handled()).toBe(3);
  });
});

describe(`A mapping that starts on a resharded stream (${source.resharding})`, () => {
  it("a mapping that starts on a resharded stream reads the parents first", async () => {
    const streamArn = await stream.createStream(name, 1);
    await stream.put(name, "a");
    await stream.split(name);
    await stream.put(name, "b");
    const gate = moment();
    const parentRead = shardsRead(1);
    running = await startMapping(stream, { streamArn }, { function: openedBy(gate.reached) });
    await parentRead;
    await expectNoOtherShardIsOpened();
    expect(running.batches()).toEqual(["a"]);

    gate.reach();
    await running.mapping.caughtUp();
    expect(running.batches().join("")).toMatch(/^ab/);
  });

  it("a mapping that starts again on a resharded stream resumes with the children", async () => {
    const { mapping, checkpoints } = await read(1);
    await stream.put(name, "ab");
    await mapping.caughtUp();
    await mapping.stop();
    await stream.split(name);
    await stream.put(name, "cd");
    const streamArn = `arn:aws:kinesis:eu-west-1:123456789012:stream/${name}`;
    let reads = 0;
    stream.onCall(({ operation }) => {
      if (operation === "GetRecords" && ++reads === 1)
        stream.failNext("GetRecords", answerWith(400, EXPIRED));
    });
    running = await startMapping(stream, { streamArn }, { checkpoints });
    await running.mapping.caughtUp();
    expect(running.batches()).toEqual(["cd"]);
  });

  it("LATEST: a shard that appears later is read from its beginning", async () => {
    const { mapping, batches } = await read(1, { startingPosition: "LATEST" });
    await mapping.caughtUp();
    await stream.split(name);
    await stream.put(name, "ab");
    await mapping.caughtUp();
    expect(batches().join("")).toBe("ab");
  });

  it("LATEST: records older than the mapping are not read on a resharded stream either", async () => {
    const streamArn = await stream.createStream(name, 1);
    await stream.put(name, "a");
    await stream.split(name);
    await stream.put(name, "b");
    running = await startMapping(stream, { streamArn, startingPosition: "LATEST" });
    await running.mapping.caughtUp();
    await stream.put(name, "c");
    await running.mapping.caughtUp();
    expect(running.batches()).toEqual(["c"]);
  });
});

const EXPIRED = { __type: "ExpiredIteratorException", message: "Iterator expired." };

describe("A mapping has caught up", () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it("not before the children of a split shard, even if its parent seems to have nothing more", async () => {
    const first = await read(1);
    await stream.put(name, "abc");
    await first.mapping.caughtUp();
    await first.mapping.stop();

    // The end of the parent is so much later than its last record that a first read does not reach it, and an expired
    // iterator makes the second read a first one again.
    const now = Date.now.bind(Date);
    jest.spyOn(Date, "now").mockImplementation(() => now() + 5_000);
    await stream.split(name);
    await stream.put(name, "def");
    const streamArn = `arn:aws:kinesis:eu-west-1:123456789012:stream/${name}`;
    let reads = 0;
    stream.onCall(({ operation }) => {
      if (operation === "GetRecords" && ++reads === 1)
        stream.failNext("GetRecords", answerWith(400, EXPIRED));
    });
    running = await startMapping(stream, { streamArn }, { checkpoints: first.checkpoints });
    await running.mapping.caughtUp();
    expect(running.batches().join("")).toBe("def");
  });

  it("also if the shards cannot be listed at first", async () => {
    const { mapping, batches, problems } = await read(1);
    stream.failNext("ListShards", answerWith(503, "busy"));
    await stream.put(name, "abc");
    await mapping.caughtUp();
    expect(batches().join("")).toBe("abc");
    expect(problems).toEqual([expect.stringMatching(/^the shards cannot be listed: /)]);
  });

  it("when it stops", async () => {
    const gate = moment();
    const { mapping } = await read(1, {}, { function: openedBy(gate.reached) });
    await stream.put(name, "a");
    const caughtUp = mapping.caughtUp();
    const stopped = mapping.stop();
    gate.reach();
    await Promise.all([caughtUp, stopped]);
  });
});
