import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { answerWith, resetConnection } from "../../../support/fault-proxy";
import { source } from "../../../support/mapping-settings";
import { moment, until } from "../../../support/moment";
import { type RunningMapping, startMapping } from "../../../support/running-mapping";
import { fail, type Reaction, succeed } from "../../../support/scripted-function";
import { type StreamEmulator, startStreamEmulator } from "../../../support/stream-emulator";

let stream: StreamEmulator;
let name: string;
let streamArn: string;
let streams = 0;
const running: RunningMapping[] = [];

beforeAll(async () => {
  stream = await startStreamEmulator();
});

afterAll(() => stream.stop());

beforeEach(async () => {
  streams += 1;
  name = `reading-${streams}`;
  streamArn = await stream.createStream(name, 1);
});

afterEach(async () => {
  jest.restoreAllMocks();
  for (const { mapping } of running.splice(0)) await mapping.stop();
});

async function start(
  ...[settings, parts]: [Parameters<typeof startMapping>[1]?, Parameters<typeof startMapping>[2]?]
) {
  const started = await startMapping(stream, { streamArn, ...settings }, parts);
  running.push(started);
  return started;
}

/** Puts the stream's clock forward by more than the five minutes for which an iterator is valid. */
function letIteratorsExpire(): void {
  const now = Date.now.bind(Date);
  jest.spyOn(Date, "now").mockImplementation(() => now() + 301_000);
}

const countExpired = () =>
  stream.calls.filter(({ output }) => String(output.__type).includes("ExpiredIterator")).length;

describe(`Reading a stream (${source.polling})`, () => {
  it("TRIM_HORIZON: every record of the stream is read", async () => {
    await stream.put(name, "ab");
    const { mapping, batches } = await start({ startingPosition: "TRIM_HORIZON" });
    await mapping.caughtUp();
    await stream.put(name, "c");
    await mapping.caughtUp();
    expect(batches()).toEqual(["ab", "c"]);
  });

  it("LATEST: only what comes after the mapping has started is read", async () => {
    await stream.put(name, "ab");
    const { mapping, batches } = await start({ startingPosition: "LATEST" });
    await mapping.caughtUp();
    await stream.put(name, "c");
    await mapping.caughtUp();
    expect(batches()).toEqual(["c"]);
  });

  it("the function receives records in Lambda's form, with their exact bytes", async () => {
    await stream.put(name, "é");
    const { mapping, events } = await start();
    await mapping.caughtUp();
    const [record] = events[0]?.Records ?? [];
    const sequenceNumber = record?.kinesis.sequenceNumber;
    expect(sequenceNumber).toMatch(/^\d{56}$/);
    expect(record).toEqual({
      kinesis: {
        kinesisSchemaVersion: "1.0",
        partitionKey: "ada",
        sequenceNumber,
        data: "w6k=",
        approximateArrivalTimestamp: expect.closeTo(Date.now() / 1000, -2),
      },
      eventSource: "aws:kinesis",
      eventVersion: "1.0",
      eventID: `shardId-000000000000:${sequenceNumber}`,
      eventName: "aws:kinesis:record",
      invokeIdentityArn: "arn:aws:iam::123456789012:role/test",
      awsRegion: "eu-west-1",
      eventSourceARN: streamArn,
    });
  });

  it("a batch has records of one shard only", async () => {
    streamArn = await stream.createStream(`${name}-sharded`, 4);
    for (const key of ["ada", "bob", "cyd", "dan", "eve", "fay"])
      await stream.put(`${name}-sharded`, "ab", key);
    const { mapping, events } = await start();
    await mapping.caughtUp();
    const shards = events.map(({ Records }) => new Set(Records.map(({ eventID }) => eventID.split(":")[0])));
    expect(shards.map(({ size }) => size)).toEqual(shards.map(() => 1));
    expect(new Set(shards.flatMap((ids) => [...ids])).size).toBeGreaterThan(1);
  });

  it("an error stops its shard only", async () => {
    streamArn = await stream.createStream(`${name}-sharded`, 2);
    await stream.put(`${name}-sharded`, "x", "ada");
    await stream.put(`${name}-sharded`, "y", "fay");
    const react: Reaction = (event) =>
      (event.Records[0]?.kinesis.partitionKey === "ada" ? fail : succeed)(event);
    const { batches, handled } = await start({}, { function: react });
    await until(() => handled() === 1 && batches().filter((batch) => batch === "x").length > 1);
  });
});

describe(`A read that fails (${source.polling})`, () => {
  it("an expired iterator is replaced, and every record is read once", async () => {
    await stream.put(name, "ab");
    const { mapping, batches, problems } = await start();
    await mapping.caughtUp();
    letIteratorsExpire();
    await stream.put(name, "cd");
    await mapping.caughtUp();
    expect(batches().join("")).toBe("abcd");
    expect(countExpired()).toBe(1);
    expect(problems).toEqual([]);
  });

  it("LATEST: if the first iterator expires, every newer record is read and no older one", async () => {
    await stream.put(name, "a");
    stream.failNext("GetRecords", async (request, forward) => {
      letIteratorsExpire();
      await stream.put(name, "b");
      return forward(request);
    });
    const { mapping, batches, problems } = await start({ startingPosition: "LATEST" });
    await mapping.caughtUp();
    expect(batches()).toEqual(["b"]);
    expect(problems).toEqual([]);
  });

  it("a read that fails is repeated from where it was, and the problem is reported", async () => {
    const failure = answerWith(500, { __type: "InternalFailure", message: "Try again." });
    await stream.put(name, "a");
    stream.failNext("GetShardIterator", resetConnection);
    stream.failNext("GetRecords", failure);
    const { mapping, batches, problems } = await start();
    await mapping.caughtUp();
    stream.failNext("GetRecords", failure);
    await stream.put(name, "b");
    await mapping.caughtUp();
    expect(batches()).toEqual(["a", "b"]);
    expect(problems).toEqual([
      expect.stringMatching(/^shard shardId-000000000000 cannot be read: /),
      "shard shardId-000000000000 cannot be read: Try again.",
      "shard shardId-000000000000 cannot be read: Try again.",
    ]);
  });

  it("a mapping of a stream that does not exist cannot start", async () => {
    streamArn = "arn:aws:kinesis:eu-west-1:123456789012:stream/none";
    await expect(start()).rejects.toThrow(/Stream none under account \d+ not found/);
  });
});

describe("Checkpoints", () => {
  it("a mapping that starts again resumes after its checkpoints", async () => {
    await stream.put(name, "ab");
    const { mapping, checkpoints } = await start();
    await mapping.caughtUp();
    await mapping.stop();
    await stream.put(name, "cd");
    const again = await start({}, { checkpoints });
    await again.mapping.caughtUp();
    expect(again.batches()).toEqual(["cd"]);
  });

  it("a mapping with checkpoints resumes after them under LATEST too", async () => {
    const { mapping, checkpoints } = await start({ startingPosition: "LATEST" });
    await mapping.caughtUp();
    await stream.put(name, "ab");
    await mapping.caughtUp();
    await mapping.stop();
    await stream.put(name, "cd");
    const again = await start({ startingPosition: "LATEST" }, { checkpoints });
    await again.mapping.caughtUp();
    expect(again.batches()).toEqual(["cd"]);
  });

  it("a batch that was under way when the mapping stopped is read again", async () => {
    await stream.put(name, "ab");
    const invoked = moment();
    const stopped = moment();
    const { mapping, checkpoints, handled } = await start(
      {},
      {
        function: async (event) => {
          invoked.reach();
          await stopped.reached;
          return succeed(event);
        },
      },
    );
    await invoked.reached;
    const stopping = mapping.stop();
    stopped.reach();
    await stopping;
    expect(checkpoints.size).toBe(0);
    expect(handled()).toBe(0);

    const again = await start({}, { checkpoints });
    await again.mapping.caughtUp();
    expect(again.batches()).toEqual(["ab"]);
  });
});
