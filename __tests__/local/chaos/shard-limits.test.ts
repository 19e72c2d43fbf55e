import type { Shard } from "@aws-sdk/client-kinesis";
import { describe, expect, it } from "@jest/globals";
import { ShardLimits } from "../../../local/chaos/shard-limits";
import { VirtualClock } from "../../support/virtual-clock";

const LAST = 2n ** 128n - 1n;
const MIDDLE = 2n ** 127n;

function shard(ShardId: string, first: bigint, last: bigint, EndingSequenceNumber?: string): Shard {
  return {
    ShardId,
    HashKeyRange: { StartingHashKey: String(first), EndingHashKey: String(last) },
    SequenceNumberRange: { StartingSequenceNumber: "0", EndingSequenceNumber },
  };
}

const WHOLE = [shard("whole", 0n, LAST)];
/** Not evenly: the first shard has a quarter of the hash keys. */
const UNEVEN = [shard("quarter", 0n, 2n ** 126n - 1n), shard("rest", 2n ** 126n, LAST)];

/** An entry of PutRecords with this hash key, which comes from its partition key unless it is explicit. */
const entry = (ExplicitHashKey?: bigint, Data = "") => ({
  PartitionKey: "ada",
  Data,
  ...(ExplicitHashKey !== undefined && { ExplicitHashKey: String(ExplicitHashKey) }),
});

/** How many of so many equal records a limit lets through. */
const taken = (limits: ShardLimits, count: number, record: unknown = entry()) =>
  Array.from({ length: count }, () => limits.exceeds(record)).filter((exceeds) => !exceeds).length;

describe("A shard", () => {
  it("takes 1,000 records in a second of the clock, and 1,000 more in the next", async () => {
    const clock = new VirtualClock();
    const limits = new ShardLimits(WHOLE, clock);
    expect(taken(limits, 1500)).toBe(1000);
    await clock.advance(999);
    expect(taken(limits, 1500)).toBe(0);
    await clock.advance(1);
    expect(taken(limits, 1500)).toBe(1000);
  });

  it("takes 1 MiB in a second, counting data and partition key", () => {
    const limits = new ShardLimits(WHOLE, new VirtualClock());
    const half = entry(undefined, Buffer.alloc(524_288 - 3).toString("base64"));
    expect([half, half].map((record) => limits.exceeds(record))).toEqual([false, false]);
    expect(limits.exceeds(entry())).toBe(true);
    const over = new ShardLimits(WHOLE, new VirtualClock());
    expect(over.exceeds(entry(undefined, Buffer.alloc(1_048_576 - 3).toString("base64")))).toBe(false);
    const tooLarge = new ShardLimits(WHOLE, new VirtualClock());
    expect(tooLarge.exceeds(entry(undefined, Buffer.alloc(1_048_576 - 2).toString("base64")))).toBe(true);
  });

  it("takes the records whose hash keys are in its range, which need not be an even part", () => {
    const limits = new ShardLimits(UNEVEN, new VirtualClock());
    expect(taken(limits, 1001, entry(0n))).toBe(1000);
    expect(limits.exceeds(entry(2n ** 126n - 1n))).toBe(true);
    expect(limits.exceeds(entry(2n ** 126n))).toBe(false);
    // The MD5 of "ada" begins with 8c: it is in the upper half.
    expect(taken(limits, 1001)).toBe(999);
    expect(limits.exceeds(entry(LAST))).toBe(true);
  });

  it("takes nothing once it is closed: its children take as much as any shard", () => {
    const limits = new ShardLimits(WHOLE, new VirtualClock());
    expect(taken(limits, 1001)).toBe(1000);
    limits.follow([
      shard("whole", 0n, LAST, "9"),
      shard("low", 0n, MIDDLE - 1n),
      shard("high", MIDDLE, LAST),
    ]);
    expect([taken(limits, 1001, entry(0n)), taken(limits, 1001, entry(LAST))]).toEqual([1000, 1000]);
  });

  it("takes nothing more in the second in which another producer has used its limit up", async () => {
    const clock = new VirtualClock();
    const limits = new ShardLimits(UNEVEN, clock);
    limits.useUp(entry(0n));
    expect([limits.exceeds(entry(0n)), limits.exceeds(entry(LAST))]).toEqual([true, false]);
    await clock.advance(1000);
    expect(limits.exceeds(entry(0n))).toBe(false);
  });

  it("has nothing to do with what is no entry of PutRecords", () => {
    const limits = new ShardLimits(WHOLE, new VirtualClock());
    limits.useUp(null);
    limits.useUp(entry());
    expect([null, 1, {}, { Data: "" }].map((record) => limits.exceeds(record))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
