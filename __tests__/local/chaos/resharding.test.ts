import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { reshard } from "../../../local/chaos/resharding";
import { isOpen } from "../../../local/chaos/shard-limits";
import { listShards } from "../../../local/gateway/list-shards";
import { systemClock } from "../../../shared/clock";
import { type StreamEmulator, startStreamEmulator } from "../../support/stream-emulator";

let stream: StreamEmulator;

beforeAll(async () => {
  stream = await startStreamEmulator();
});

afterAll(() => stream.stop());

const resharding = (streamName: string, ...numbers: number[]) => ({
  kinesis: stream.client,
  streamName,
  clock: systemClock,
  random: () => numbers.shift() ?? 0,
});

/** The open shards' ids, in the order of their hash keys. */
async function openShards(streamName: string): Promise<string[]> {
  const shards = (await listShards(stream.client, { StreamName: streamName })).filter(isOpen);
  const start = (shard: (typeof shards)[number]) => BigInt(shard.HashKeyRange?.StartingHashKey ?? 0);
  return shards
    .sort((one, other) => (start(one) < start(other) ? -1 : 1))
    .map(({ ShardId = "" }) => ShardId.slice(-1));
}

describe("Resharding", () => {
  it("splits the only shard in the middle, and tells the stream's shards", async () => {
    await stream.createStream("one", 1);
    const shards = await reshard(resharding("one", 0.99));
    expect(shards?.map(({ ShardId = "", HashKeyRange }) => [ShardId.slice(-1), HashKeyRange])).toEqual([
      ["0", { StartingHashKey: "0", EndingHashKey: String(2n ** 128n - 1n) }],
      ["1", { StartingHashKey: "0", EndingHashKey: String(2n ** 127n - 2n) }],
      ["2", { StartingHashKey: String(2n ** 127n - 1n), EndingHashKey: String(2n ** 128n - 1n) }],
    ]);
    expect(shards?.map(isOpen)).toEqual([false, true, true]);
  });

  it("splits one of several shards, or merges two neighbours, as chance decides", async () => {
    await stream.createStream("several", 3);
    await reshard(resharding("several", 0.5, 0.99));
    expect(await openShards("several")).toEqual(["0", "1", "3", "4"]);
    await reshard(resharding("several", 0.49, 0.99));
    expect(await openShards("several")).toEqual(["0", "1", "5"]);
    await reshard(resharding("several", 0.49, 0));
    expect(await openShards("several")).toEqual(["6", "5"]);
  });

  it("only merges eight shards or more", async () => {
    await stream.createStream("many", 8);
    await reshard(resharding("many", 0));
    expect(await openShards("many")).toEqual(["8", "2", "3", "4", "5", "6", "7"]);
  });

  it("that Kinesis does not carry out is no resharding", async () => {
    await stream.createStream("busy", 1);
    stream.failNext("SplitShard", async () => ({
      status: 400,
      headers: { "content-type": "application/x-amz-json-1.1" },
      body: Buffer.from(JSON.stringify({ __type: "LimitExceededException", message: "no" })),
    }));
    expect(await reshard(resharding("busy"))).toBeUndefined();
    expect(await openShards("busy")).toEqual(["0"]);
  });
});
