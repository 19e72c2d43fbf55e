import {
  type KinesisClient,
  MergeShardsCommand,
  type Shard,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import type { Clock } from "../../shared/clock";
import type { Random } from "../../shared/random";
import { listShards } from "../gateway/list-shards";
import { isOpen } from "./shard-limits";

/** What an operator needs to reshard a stream. */
export interface Resharding {
  /** Tries once: Kinesis may have carried out a call whose answer was lost. */
  kinesis: KinesisClient;
  streamName: string;
  clock: Clock;
  random: Random;
}

/**
 * Splits a shard in the middle, or merges two neighbours.
 * @returns the stream's shards, once there are new ones; undefined if there are none within a second
 * @throws Kinesis's error when the shards cannot be listed
 */
export async function reshard({
  kinesis,
  streamName,
  clock,
  random,
}: Resharding): Promise<readonly Shard[] | undefined> {
  const before = await listShards(kinesis, { StreamName: streamName });
  // An error says nothing: what matters is whether there are new shards.
  await change(kinesis, streamName, before.filter(isOpen), random).catch(() => undefined);
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const shards = await listShards(kinesis, { StreamName: streamName });
    if (shards.length > before.length) return shards;
    await clock.sleep(LOOK_MS, new AbortController().signal);
  }
  return undefined;
}

/** More shards than this are only merged. */
const MOST_SHARDS = 8;
const LOOKS = 20;
const LOOK_MS = 50;

async function change(
  kinesis: KinesisClient,
  StreamName: string,
  open: readonly Shard[],
  random: Random,
): Promise<void> {
  const shards = [...open].sort((one, other) => (startOf(one) < startOf(other) ? -1 : 1));
  const isMerge = shards.length > 1 && (shards.length >= MOST_SHARDS || random() < 0.5);
  const index = Math.floor(random() * (isMerge ? shards.length - 1 : shards.length));
  const [shard, neighbour] = shards.slice(index);
  if (!shard) return;
  if (isMerge) {
    await kinesis.send(
      new MergeShardsCommand({
        StreamName,
        ShardToMerge: shard.ShardId,
        AdjacentShardToMerge: neighbour?.ShardId,
      }),
    );
  } else {
    const middle = (startOf(shard) + BigInt(shard.HashKeyRange?.EndingHashKey ?? 0)) / 2n;
    await kinesis.send(
      new SplitShardCommand({ StreamName, ShardToSplit: shard.ShardId, NewStartingHashKey: String(middle) }),
    );
  }
}

function startOf({ HashKeyRange }: Shard): bigint {
  return BigInt(HashKeyRange?.StartingHashKey ?? 0);
}
