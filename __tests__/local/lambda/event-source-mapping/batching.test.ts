import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { KinesisStreamRecord } from "aws-lambda";
import { lambdaEvent, payloadBytes } from "../../../../local/lambda/event-source-mapping/lambda-event";
import { Lane } from "../../../../local/lambda/event-source-mapping/lane";
import { MAX_PAYLOAD_BYTES } from "../../../../local/lambda/event-source-mapping/mapping-settings";
import { kinesisRecord } from "../../../support/kinesis-event";
import { source } from "../../../support/mapping-settings";
import { batchOf, lettersOf } from "../../../support/scripted-function";
import { VirtualClock } from "../../../support/virtual-clock";

let clock: VirtualClock;
let stopping: AbortController;
let batches: (readonly KinesisStreamRecord[])[];
let invocationMs: number;

/** A lane whose every invocation takes `invocationMs`. */
function startLane(settings: { batchSize: number; batchWindowSeconds: number }) {
  const lane = new Lane(settings, clock, async (batch) => {
    batches.push(batch);
    await clock.sleep(invocationMs, stopping.signal);
  });
  void lane.run(stopping.signal);
  return (records: readonly KinesisStreamRecord[]) => {
    for (const record of records) lane.add({ record, bytes: payloadBytes(record) });
  };
}

const letters = () => batches.map(lettersOf);

beforeEach(() => {
  clock = new VirtualClock();
  stopping = new AbortController();
  batches = [];
  invocationMs = 0;
});

afterEach(() => stopping.abort());

describe(`The window of a batch (${source.batching})`, () => {
  it("MaximumBatchingWindowInSeconds 0: a batch goes out as soon as there are records", async () => {
    const add = startLane({ batchSize: 100, batchWindowSeconds: 0 });
    add(batchOf("ab"));
    await clock.advance(0);
    expect(letters()).toEqual(["ab"]);
  });

  it("MaximumBatchingWindowInSeconds: a batch gathers records until its window ends", async () => {
    const add = startLane({ batchSize: 100, batchWindowSeconds: 5 });
    add(batchOf("ab"));
    await clock.advance(4_000);
    add(batchOf("cd"));
    await clock.advance(999);
    expect(letters()).toEqual([]);
    await clock.advance(1);
    expect(letters()).toEqual(["abcd"]);
  });

  it("the next window begins when the previous invocation completes", async () => {
    invocationMs = 2_000;
    const add = startLane({ batchSize: 100, batchWindowSeconds: 5 });
    add(batchOf("a"));
    await clock.advance(5_000);
    add(batchOf("b"));
    await clock.advance(2_000 + 4_999);
    expect(letters()).toEqual(["a"]);
    await clock.advance(1);
    expect(letters()).toEqual(["a", "b"]);
  });

  it("a record that arrives after the window has ended goes out at once, and the next window begins", async () => {
    const add = startLane({ batchSize: 100, batchWindowSeconds: 5 });
    await clock.advance(60_000);
    add(batchOf("a"));
    await clock.advance(0);
    expect(letters()).toEqual(["a"]);
    add(batchOf("b"));
    await clock.advance(4_999);
    expect(letters()).toEqual(["a"]);
    await clock.advance(1);
    expect(letters()).toEqual(["a", "b"]);
  });

  it("a record that arrives within the window waits for its end only", async () => {
    const add = startLane({ batchSize: 100, batchWindowSeconds: 5 });
    await clock.advance(3_000);
    add(batchOf("a"));
    await clock.advance(1_999);
    expect(letters()).toEqual([]);
    await clock.advance(1);
    expect(letters()).toEqual(["a"]);
  });

  it("a batch waits until the previous one is handled", async () => {
    invocationMs = 60_000;
    const add = startLane({ batchSize: 1, batchWindowSeconds: 0 });
    add(batchOf("ab"));
    await clock.advance(59_999);
    expect(letters()).toEqual(["a"]);
    await clock.advance(1);
    expect(letters()).toEqual(["a", "b"]);
  });
});

describe(`The size of a batch (${source.batching})`, () => {
  it("BatchSize: no batch has more records, and a full one goes out before its window ends", async () => {
    const add = startLane({ batchSize: 3, batchWindowSeconds: 300 });
    add(batchOf("abcdefgh"));
    await clock.advance(0);
    expect(letters()).toEqual(["abc", "def"]);
  });

  it("6 MB: a batch goes out before its window ends when the next record would not fit the payload", async () => {
    const add = startLane({ batchSize: 100, batchWindowSeconds: 300 });
    // A partition key may be longer in JSON than it is on the stream.
    const records = Array.from({ length: 6 }, () =>
      kinesisRecord(Buffer.alloc(1_048_000), { partitionKey: "\u0001".repeat(256) }),
    );
    add(records);
    await clock.advance(0);

    const size = (count: number) => Buffer.byteLength(JSON.stringify(lambdaEvent(records.slice(0, count))));
    const [first = []] = batches;
    expect(size(first.length)).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
    expect(size(first.length + 1)).toBeGreaterThan(MAX_PAYLOAD_BYTES);
    expect(batches).toHaveLength(1);
  });

  it("6 MB: a payload of exactly that size is one batch", async () => {
    const add = startLane({ batchSize: 100, batchWindowSeconds: 300 });
    const filling = (bytes: number) => ({ ...kinesisRecord(""), eventID: "x".repeat(bytes) });
    const frame = Buffer.byteLength(JSON.stringify(lambdaEvent([filling(0), filling(0)])));
    const rest = MAX_PAYLOAD_BYTES - frame;
    add([filling(rest / 2), filling(rest / 2)]);
    await clock.advance(300_000);
    expect(batches.map((batch) => batch.length)).toEqual([2]);
    add([filling(rest / 2), filling(rest / 2 + 1)]);
    await clock.advance(0);
    expect(batches.map((batch) => batch.length)).toEqual([2, 1]);
  });

  it("6 MB: a record over the limit goes alone", async () => {
    const add = startLane({ batchSize: 100, batchWindowSeconds: 0 });
    add([kinesisRecord(Buffer.alloc(MAX_PAYLOAD_BYTES)), kinesisRecord("small")]);
    await clock.advance(0);
    expect(batches.map((batch) => batch.length)).toEqual([1, 1]);
  });
});
