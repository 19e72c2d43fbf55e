import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { payloadBytes } from "../../../../local/lambda/event-source-mapping/lambda-event";
import { MAX_PAYLOAD_BYTES } from "../../../../local/lambda/event-source-mapping/mapping-settings";
import { InMemoryKinesis } from "../../../support/in-memory-kinesis";
import { source } from "../../../support/mapping-settings";
import { moment } from "../../../support/moment";
import { type RunningMapping, startMapping } from "../../../support/running-mapping";
import { type Reaction, succeed } from "../../../support/scripted-function";
import { VirtualClock } from "../../../support/virtual-clock";

const KEYS = ["ada", "bob", "cyd", "dan", "eve", "fay"];

let clock: VirtualClock;
let kinesis: InMemoryKinesis;
let running: RunningMapping | undefined;

beforeEach(() => {
  clock = new VirtualClock();
  kinesis = new InMemoryKinesis(clock);
  clock.run();
});

afterEach(async () => {
  await running?.mapping.stop();
  clock.stop();
});

const put = (partitionKey: string, letter: string) => kinesis.put(partitionKey, Buffer.from(letter));

async function start(
  settings: Parameters<typeof startMapping>[1],
  react: Reaction = succeed,
  checkpoints = new Map<string, string>(),
): Promise<RunningMapping> {
  running = await startMapping(kinesis, settings, { function: react, clock, checkpoints });
  return running;
}

/** A function that takes a minute, and counts how many invocations run together. */
function slowly() {
  const counts = { running: 0, most: 0 };
  const react: Reaction = async (event) => {
    counts.running += 1;
    counts.most = Math.max(counts.most, counts.running);
    await clock.sleep(60_000, new AbortController().signal);
    counts.running -= 1;
    return succeed(event);
  };
  return { counts, react };
}

describe(`ParallelizationFactor (${source.polling})`, () => {
  it.each([
    { parallelizationFactor: 1, most: 1 },
    { parallelizationFactor: 2, most: 2 },
    { parallelizationFactor: 10, most: 5 },
  ])(
    "$parallelizationFactor: at most that many batches of a shard run together (here $most)",
    async ({ parallelizationFactor, most }) => {
      for (const key of KEYS) put(key, "x");
      const { counts, react } = slowly();
      const { mapping } = await start({ parallelizationFactor }, react);
      await mapping.caughtUp();
      // Of the six keys, two share one of ten lanes.
      expect(counts.most).toBe(most);
    },
  );

  it("the batches of a partition key follow each other, in order", async () => {
    for (const letter of "abcdef") put("ada", letter);
    const { counts, react } = slowly();
    const { mapping, batches } = await start({ parallelizationFactor: 10, batchSize: 2 }, react);
    await mapping.caughtUp();
    expect(counts.most).toBe(1);
    expect(batches()).toEqual(["ab", "cd", "ef"]);
  });

  it("a slow partition key holds up only those that share its lane", async () => {
    for (const key of KEYS) put(key, key === "ada" ? "A" : "x");
    const gate = moment();
    const { mapping, handled } = await start({ parallelizationFactor: 10 }, async (event) => {
      if (event.Records.some(({ kinesis }) => kinesis.partitionKey === "ada")) await gate.reached;
      return succeed(event);
    });
    await clock.passed(60_000);
    expect(handled()).toBeGreaterThanOrEqual(4);
    expect(handled()).toBeLessThan(6);
    gate.reach();
    await mapping.caughtUp();
    expect(handled()).toBe(6);
  });

  it("the checkpoint waits for the slowest batch, so a restart repeats the batches ahead of it", async () => {
    put("bob", "a");
    put("ada", "b");
    put("cyd", "c");
    const stopped = moment();
    const first = await start({ parallelizationFactor: 10 }, async (event) => {
      if (event.Records.some(({ kinesis }) => kinesis.partitionKey === "ada")) await stopped.reached;
      return succeed(event);
    });
    await clock.passed(60_000);
    expect(first.handled()).toBe(2);
    const [checkpoint] = first.checkpoints.values();
    expect(checkpoint).toBe("96");
    const stopping = first.mapping.stop();
    stopped.reach();
    await stopping;

    const again = await start({ parallelizationFactor: 10 }, succeed, first.checkpoints);
    await again.mapping.caughtUp();
    expect(again.batches().sort()).toEqual(["b", "c"]);
  });
});

describe("Reading ahead", () => {
  it("stops at two full payloads while the function does not keep up", async () => {
    for (let count = 0; count < 40_000; count += 1) put("ada", "x");
    const gate = moment();
    let read = 0;
    const client = kinesis.client;
    const send = client.send.bind(client) as (command: unknown) => Promise<{ Records?: unknown[] }>;
    const counting = Object.assign(client, {
      send: async (command: unknown) => {
        const output = await send(command);
        read += output.Records?.length ?? 0;
        return output;
      },
    });
    running = await startMapping(
      { client: counting },
      { batchSize: 100 },
      {
        function: async (event) => {
          await gate.reached;
          return succeed(event);
        },
        clock,
      },
    );
    await clock.passed(60_000);
    gate.reach();
    const [record] = running.events[0]?.Records ?? [];
    const twoPayloads = (2 * MAX_PAYLOAD_BYTES) / (record ? payloadBytes(record) : 0);
    expect(read).toBeGreaterThanOrEqual(twoPayloads);
    expect(read).toBeLessThan(twoPayloads + 2_000);
  });
});
