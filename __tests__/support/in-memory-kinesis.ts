import { createHash } from "node:crypto";
import type { KinesisClient, Shard } from "@aws-sdk/client-kinesis";
import type { Clock } from "../../shared/clock";

interface StoredRecord {
  SequenceNumber: string;
  PartitionKey: string;
  Data: Uint8Array;
  ApproximateArrivalTimestamp: Date;
}

interface StoredShard {
  id: string;
  parents: string[];
  /** Its hash keys: from the first up to, but not including, the second. */
  range: [number, number];
  isClosed: boolean;
  records: StoredRecord[];
}

const LATENCY_MS = 10;

/** The first 32 bits of Kinesis' hash key are enough here. */
const HASH_KEYS = 2 ** 32;
const hashKeyOf = (partitionKey: string) => createHash("md5").update(partitionKey).digest().readUInt32BE();

/** As much of Kinesis as a mapping uses, without a network, so that property tests can run it hundreds of times. */
export class InMemoryKinesis {
  readonly #clock: Clock;
  readonly #nextFault: () => Error | undefined;
  readonly #shards: StoredShard[] = [];
  #sequenceNumber = 95;

  /** @param nextFault the error of the next read, if it fails */
  constructor(clock: Clock, nextFault: () => Error | undefined = () => undefined) {
    this.#clock = clock;
    this.#nextFault = nextFault;
    this.#addShard([], [0, HASH_KEYS]);
  }

  put(partitionKey: string, data: Uint8Array): { shardId: string; sequenceNumber: string } {
    const hashKey = hashKeyOf(partitionKey);
    const shard = this.#openShards().find(({ range: [from, to] }) => hashKey >= from && hashKey < to);
    if (!shard) throw new Error("no open shard has this hash key");
    this.#sequenceNumber += 1;
    const SequenceNumber = String(this.#sequenceNumber);
    const ApproximateArrivalTimestamp = new Date(this.#clock.now());
    shard.records.push({
      SequenceNumber,
      PartitionKey: partitionKey,
      Data: data,
      ApproximateArrivalTimestamp,
    });
    return { shardId: shard.id, sequenceNumber: SequenceNumber };
  }

  /** Splits one of the open shards in the middle. */
  split(index: number): void {
    const open = this.#openShards();
    const parent = open[index % open.length];
    if (!parent) return;
    const [from, to] = parent.range;
    const middle = Math.floor((from + to) / 2);
    parent.isClosed = true;
    this.#addShard([parent.id], [from, middle]);
    this.#addShard([parent.id], [middle, to]);
  }

  /** Merges one of the open shards with its neighbour, if it has one. */
  merge(index: number): void {
    const open = this.#openShards().sort((a, b) => a.range[0] - b.range[0]);
    const lower = open[index % open.length];
    const upper = open[(index % open.length) + 1];
    if (!lower || !upper) return;
    lower.isClosed = true;
    upper.isClosed = true;
    this.#addShard([lower.id, upper.id], [lower.range[0], upper.range[1]]);
  }

  /** The shards that were split or merged into a shard. */
  parentsOf(shardId: string): readonly string[] {
    return this.#shard(shardId).parents;
  }

  /** Answers the commands that a mapping sends. */
  get client(): KinesisClient {
    const send = async (command: { constructor: { name: string }; input: never }) => {
      await this.#clock.sleep(LATENCY_MS, new AbortController().signal);
      return this.#answer(command.constructor.name, command.input);
    };
    return { send } as unknown as KinesisClient;
  }

  #answer(command: string, input: Record<string, string>): object {
    if (command === "DescribeStreamCommand") return {};
    if (command === "DescribeStreamSummaryCommand")
      return { StreamDescriptionSummary: { RetentionPeriodHours: 24 } };
    const fault = this.#nextFault();
    if (fault) throw fault;
    if (command === "ListShardsCommand") return { Shards: this.#shards.map(describeShard) };
    if (command === "GetShardIteratorCommand") return { ShardIterator: this.#iteratorOf(input) };
    if (command === "GetRecordsCommand") return this.#recordsAt(input);
    throw new Error(`${command} is not understood`);
  }

  /** Such as `shardId-000000000000:3`: the shard, and how many of its records come before. */
  #iteratorOf({ ShardId = "", ShardIteratorType, StartingSequenceNumber }: Record<string, string>) {
    const { records } = this.#shard(ShardId);
    const before =
      ShardIteratorType === "AFTER_SEQUENCE_NUMBER"
        ? records.findIndex(({ SequenceNumber }) => SequenceNumber === StartingSequenceNumber) + 1
        : 0;
    return `${ShardId}:${before}`;
  }

  /** As on AWS, and unlike with kinesalite, the read that reaches the end of a closed shard has no next iterator. */
  #recordsAt({ ShardIterator = "", Limit }: Record<string, string>) {
    const [shardId = "", before] = ShardIterator.split(":");
    const { records, isClosed } = this.#shard(shardId);
    const end = Math.min(Number(before) + Number(Limit), records.length);
    const isAtEnd = end === records.length;
    return {
      Records: records.slice(Number(before), end),
      ...(!(isClosed && isAtEnd) && { NextShardIterator: `${shardId}:${end}` }),
      MillisBehindLatest: isAtEnd ? 0 : 1,
    };
  }

  #openShards(): StoredShard[] {
    return this.#shards.filter(({ isClosed }) => !isClosed);
  }

  #shard(id: string): StoredShard {
    const shard = this.#shards.find((shard) => shard.id === id);
    if (!shard) throw new Error(`there is no shard ${id}`);
    return shard;
  }

  #addShard(parents: string[], range: [number, number]): void {
    const id = `shardId-${String(this.#shards.length).padStart(12, "0")}`;
    this.#shards.push({ id, parents, range, isClosed: false, records: [] });
  }
}

function describeShard({ id, parents, isClosed, range }: StoredShard): Shard {
  const [ParentShardId, AdjacentParentShardId] = parents;
  return {
    ShardId: id,
    ...(ParentShardId !== undefined && { ParentShardId }),
    ...(AdjacentParentShardId !== undefined && { AdjacentParentShardId }),
    HashKeyRange: { StartingHashKey: String(range[0]), EndingHashKey: String(range[1] - 1) },
    SequenceNumberRange: {
      StartingSequenceNumber: "0",
      EndingSequenceNumber: isClosed ? "1" : undefined,
    },
  };
}
