import { createHash } from "node:crypto";
import * as v from "valibot";
import type { Clock } from "../../shared/clock";

/** Counts what every shard took in the current second. The shards are assumed to split the hash keys evenly. */
export class ShardLimits {
  readonly #shardCount: number;
  readonly #clock: Clock;
  #second = 0;
  readonly #taken = new Map<number, { records: number; bytes: number }>();

  constructor(shardCount: number, clock: Clock) {
    this.#shardCount = shardCount;
    this.#clock = clock;
  }

  /** Whether an entry of PutRecords exceeds its shard's limit; one that does not counts towards the limit. */
  exceeds(record: unknown): boolean {
    const entry = v.safeParse(PutRecordsEntry, record);
    if (!entry.success) return false;

    this.#startSecond();
    const { PartitionKey, Data } = entry.output;
    const shard = this.#shardOf(PartitionKey);
    const used = this.#taken.get(shard) ?? { records: 0, bytes: 0 };
    const records = used.records + 1;
    const bytes = used.bytes + (Data.length * 3) / 4 + Buffer.byteLength(PartitionKey);
    if (records > RECORDS_PER_SECOND || bytes > BYTES_PER_SECOND) return true;
    this.#taken.set(shard, { records, bytes });
    return false;
  }

  #startSecond(): void {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#second) this.#taken.clear();
    this.#second = second;
  }

  /** Kinesis puts a record on the shard whose range holds the MD5 of the partition key. */
  #shardOf(partitionKey: string): number {
    const hash = createHash("md5").update(partitionKey).digest().readUInt32BE();
    return Math.floor((hash / 2 ** 32) * this.#shardCount);
  }
}

/**
 * What a shard takes in a second.
 * @see https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
 */
const RECORDS_PER_SECOND = 1_000;
const BYTES_PER_SECOND = 1_048_576;

const PutRecordsEntry = v.object({ PartitionKey: v.string(), Data: v.string() });
