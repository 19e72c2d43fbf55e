import {
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  type KinesisClient,
  type Shard,
} from "@aws-sdk/client-kinesis";
import type { S3Client } from "@aws-sdk/client-s3";
import type { KinesisStreamEvent } from "aws-lambda";
import type { Clock } from "../../../shared/clock";
import { messageOf } from "../../../shared/errors";
import { countOf } from "../../../shared/terminal";
import { listShards } from "../../gateway/list-shards";
import type { InvocationOutcome } from "../invocation-outcome";
import type { EventSourceMappingSettings } from "./mapping-settings";
import { putSetAsideBatch, type SetAsideBatch } from "./on-failure-destination";
import { retryDelayMs } from "./retry-delay";
import { ShardPoller } from "./shard-poller";
import type { ReadPosition } from "./shard-reader";

/** What a mapping needs. Its clients use the credentials of the function's role, as on Lambda. */
export interface EventSourceMappingParts {
  settings: EventSourceMappingSettings;
  kinesis: KinesisClient;
  s3: S3Client;
  clock: Clock;
  /** Rejects when the function cannot be run at all, as when it is throttled. */
  invoke(event: KinesisStreamEvent): Promise<InvocationOutcome>;
  /** Called with what the user should know; the mapping continues. */
  onProblem(message: string): void;
  /** Called with how many records were handled since the last call. */
  onHandled(count: number): void;
  /** By shard, the sequence number after which reading resumes. The mapping updates it, for a later run. */
  checkpoints: Map<string, string>;
}

/**
 * Invokes a function with the records of a stream, as Lambda's event source mapping does: each shard in order, with
 * retries, until every record is handled by the function or set aside.
 */
export class EventSourceMapping {
  readonly #parts: EventSourceMappingParts;
  readonly #stopping = new AbortController();
  readonly #pollers = new Map<string, ShardPoller>();
  readonly #running = new Set<Promise<void>>();
  readonly #endedShards = new Set<string>();
  #retentionSeconds = 0;

  constructor(parts: EventSourceMappingParts) {
    this.#parts = parts;
  }

  /**
   * Starts to read.
   * @throws when the role may not read the stream, or the stream does not exist
   */
  async start(): Promise<void> {
    const { kinesis, checkpoints, settings } = this.#parts;
    const { streamArn: StreamARN, startingPosition } = settings;
    // Lambda makes both calls, and creates no mapping if the role is not allowed to.
    await kinesis.send(new DescribeStreamCommand({ StreamARN }));
    const { StreamDescriptionSummary } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamARN }));
    this.#retentionSeconds =
      (StreamDescriptionSummary?.RetentionPeriodHours ?? DEFAULT_RETENTION_HOURS) * 3600;

    const shards = await listShards(kinesis, { StreamARN });
    if (startingPosition === "LATEST") {
      const isPast = ({ ShardId = "", SequenceNumberRange }: Shard) =>
        SequenceNumberRange?.EndingSequenceNumber !== undefined && !checkpoints.has(ShardId);
      for (const { ShardId = "" } of shards.filter(isPast)) this.#endedShards.add(ShardId);
    }
    this.#startPollers(shards, startingPosition);
  }

  /** Resolves when every record that is on the stream now is handled, or the mapping stops. */
  async caughtUp(): Promise<void> {
    const shards = await this.#listShardsPatiently();
    // A shard may seem to have nothing more before its end is read, and only then are its children read.
    const isAwaited = ({ ShardId = "" }: Shard) =>
      !this.#endedShards.has(ShardId) && !this.#pollers.has(ShardId);
    let waitedFor: ShardPoller[] = [];
    const isIncomplete = () =>
      shards.some(isAwaited) || [...this.#pollers.values()].some((poller) => !waitedFor.includes(poller));
    while (!this.#stopping.signal.aborted && isIncomplete()) {
      waitedFor = [...this.#pollers.values()];
      await Promise.all(waitedFor.map((poller) => poller.caughtUp()));
    }
  }

  /** Stops reading. Batches under way are not handled, and the checkpoints stay before them. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  /**
   * Starts to read every shard that is not read yet and whose parents have ended, which keeps the order per partition
   * key when the stream is resharded.
   * @see https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html
   */
  #startPollers(shards: readonly Shard[], startingPosition: ReadPosition): void {
    const known = new Set(shards.map(({ ShardId }) => ShardId));
    const isUnfinished = (shardId: string | undefined) =>
      shardId !== undefined && known.has(shardId) && !this.#endedShards.has(shardId);

    for (const { ShardId = "", ParentShardId, AdjacentParentShardId } of shards) {
      if (this.#pollers.has(ShardId) || this.#endedShards.has(ShardId)) continue;
      if (isUnfinished(ParentShardId) || isUnfinished(AdjacentParentShardId)) continue;
      const running: Promise<void> = this.#runPoller(ShardId, startingPosition).finally(() =>
        this.#running.delete(running),
      );
      this.#running.add(running);
    }
  }

  async #runPoller(shardId: string, startingPosition: ReadPosition): Promise<void> {
    const { checkpoints } = this.#parts;
    const poller = new ShardPoller({
      ...this.#parts,
      retentionSeconds: this.#retentionSeconds,
      shardId,
      signal: this.#stopping.signal,
      checkpoint: checkpoints.get(shardId),
      startingPosition,
      onCheckpoint: (sequenceNumber) => checkpoints.set(shardId, sequenceNumber),
      setAside: (batch) => this.#setAside(batch),
    });
    this.#pollers.set(shardId, poller);
    const hasEnded = await poller.run();
    if (hasEnded) {
      this.#endedShards.add(shardId);
      await this.#startChildren();
    }
    this.#pollers.delete(shardId);
    poller.release();
  }

  /** Reads new shards from their beginning, because they hold nothing older than the mapping. */
  async #startChildren(): Promise<void> {
    this.#startPollers(await this.#listShardsPatiently(), "TRIM_HORIZON");
  }

  /** Tries until the shards are listed; no shards if the mapping stops meanwhile. */
  async #listShardsPatiently(): Promise<Shard[]> {
    const { kinesis, settings, clock, onProblem } = this.#parts;
    const { signal } = this.#stopping;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        return await listShards(kinesis, { StreamARN: settings.streamArn });
      } catch (error) {
        onProblem(`the shards cannot be listed: ${messageOf(error)}`);
        await clock.sleep(retryDelayMs(failures), signal);
      }
    }
    return [];
  }

  async #setAside(batch: SetAsideBatch): Promise<void> {
    const { s3, settings, onProblem } = this.#parts;
    const { shardId, records, condition } = batch;
    if (settings.destinationBucket !== undefined) return putSetAsideBatch(s3, settings, batch);
    onProblem(
      `${countOf(records.length, "record")} of shard ${shardId} lost: ${condition}, and no destination is set`,
    );
  }
}

/** @see https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html */
const DEFAULT_RETENTION_HOURS = 24;
