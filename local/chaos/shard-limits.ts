import { createHash } from "node:crypto";
import type { Shard } from "@aws-sdk/client-kinesis";
import * as v from "valibot";
import type { Clock } from "../../shared/clock";

/** Counts what every open shard took in the current second. */
export class ShardLimits {
  readonly #clock: Clock;
  #ranges: HashKeyRange[] = [];
  #second = 0;
  readonly #taken = new Map<string, { records: number; bytes: number }>();

  /** @param shards as ListShards answers */
  constructor(shards: readonly Shard[], clock: Clock) {
    this.#clock = clock;
    this.follow(shards);
  }

  /** The stream has these shards from now on. Records go to the open ones. */
  follow(shards: readonly Shard[]): void {
    this.#ranges = shards.filter(isOpen).map(({ ShardId = "", HashKeyRange: range }) => ({
      shardId: ShardId,
      first: BigInt(range?.StartingHashKey ?? 0),
      last: BigInt(range?.EndingHashKey ?? 0),
    }));
  }

  /** Whether an entry of PutRecords exceeds its shard's limit; one that does not counts towards the limit. */
  exceeds(record: unknown): boolean {
    const entry = v.safeParse(PutRecordsEntry, record);
    if (!entry.success) return false;

    const { PartitionKey, Data } = entry.output;
    const shard = this.#shardOf(entry.output);
    const used = this.#usedBy(shard);
    const records = used.records + 1;
    const bytes = used.bytes + Buffer.byteLength(Data, "base64") + Buffer.byteLength(PartitionKey);
    if (records > RECORDS_PER_SECOND || bytes > BYTES_PER_SECOND) return true;
    this.#taken.set(shard, { records, bytes });
    return false;
  }

  /** The shard of a record takes nothing more in this second, as when another producer has used its limit up. */
  useUp(record: unknown): void {
    const entry = v.safeParse(PutRecordsEntry, record);
    if (!entry.success) return;
    const shard = this.#shardOf(entry.output);
    this.#taken.set(shard, { ...this.#usedBy(shard), records: RECORDS_PER_SECOND });
  }

  #usedBy(shard: string): { records: number; bytes: number } {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#second) this.#taken.clear();
    this.#second = second;
    return this.#taken.get(shard) ?? { records: 0, bytes: 0 };
  }

  /** Kinesis puts a record on the shard whose range holds its explicit hash key, or the MD5 of its partition key. */
  #shardOf({ PartitionKey, ExplicitHashKey }: PutRecordsEntry): string {
    const md5 = createHash("md5").update(PartitionKey).digest("hex");
    const hashKey = BigInt(ExplicitHashKey ?? `0x${md5}`);
    return this.#ranges.find(({ first, last }) => first <= hashKey && hashKey <= last)?.shardId ?? "";
  }
}

/** Whether a shard takes records: resharding closes it. */
export function isOpen({ SequenceNumberRange }: Shard): boolean {
  return SequenceNumberRange?.EndingSequenceNumber === undefined;
}

interface HashKeyRange {
  shardId: string;
  first: bigint;
  /** Belongs to the range. */
  last: bigint;
}

/**
 * What a shard takes in a second.
 * @see https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
 */
const RECORDS_PER_SECOND = 1_000;
const BYTES_PER_SECOND = 1_048_576;

const PutRecordsEntry = v.object({
  PartitionKey: v.string(),
  Data: v.string(),
  ExplicitHashKey: v.nullish(v.pipe(v.string(), v.digits())),
});

type PutRecordsEntry = v.InferOutput<typeof PutRecordsEntry>;
