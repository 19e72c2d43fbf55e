import {
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ListShardsCommand,
  type Shard,
} from "@aws-sdk/client-kinesis";
import type { S3Client } from "@aws-sdk/client-s3";
import type { KinesisStreamEvent } from "aws-lambda";
import { CommandError } from "../../cli/command";
import type { Clock } from "../clock";
import type { InvocationOutcome } from "../function-sandbox";
import { type DiscardedBatch, putDiscardedBatch } from "./on-failure-destination";
import type { EventSourceMappingSettings } from "./settings";
import { ShardPoller } from "./shard-poller";

/** What a mapping works with. The clients carry the credentials of the function's role, as Lambda does. */
export interface EventSourceMappingParts {
  settings: EventSourceMappingSettings;
  kinesis: KinesisClient;
  s3: S3Client;
  clock: Clock;
  invoke(event: KinesisStreamEvent): Promise<InvocationOutcome>;
  /** Called with what went wrong at reading the stream; reading goes on. */
  problem(error: Error): void;
  /** Called with how many records were handled since the last call. */
  handled(count: number): void;
  /** Where each shard was when an earlier run ended; kept up to date, so that a later run can go on from it. */
  checkpoints: Map<string, string>;
}

/** Connects a stream and a function: every record of every shard reaches the function or the destination. */
export class EventSourceMapping {
  private readonly stopping = new AbortController();
  private readonly pollers = new Map<string, ShardPoller>();
  private readonly running = new Set<Promise<void>>();
  private readonly endedShards = new Set<string>();

  constructor(private readonly parts: EventSourceMappingParts) {}

  /**
   * Starts to read.
   * @throws when the role may not read the stream, or the stream is not there
   */
  async start(): Promise<void> {
    const { kinesis, settings } = this.parts;
    const StreamARN = settings.streamArn;
    const { StreamDescription } = await kinesis.send(new DescribeStreamCommand({ StreamARN }));
    const { StreamDescriptionSummary } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamARN }));
    if (StreamDescription?.StreamStatus !== "ACTIVE" || !StreamDescriptionSummary?.OpenShardCount)
      throw new CommandError(`stream ${StreamARN} is ${StreamDescription?.StreamStatus}, not ACTIVE.`);
    await this.startReadableShards();
  }

  /** Resolves when every record that is on the stream now is handled. */
  async caughtUp(): Promise<void> {
    let waitedFor: ShardPoller[] = [];
    while ([...this.pollers.values()].some((poller) => !waitedFor.includes(poller))) {
      waitedFor = [...this.pollers.values()];
      await Promise.all(waitedFor.map((poller) => poller.caughtUp()));
    }
  }

  /** Stops reading; what is under way is not handled, and the checkpoints stay before it. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }

  /** A shard is read once its parents have ended, so that the order holds per partition key across resharding. */
  private async startReadableShards(): Promise<void> {
    const shards = await this.listShards();
    const known = new Set(shards.map(({ ShardId }) => ShardId));
    const isOpen = (shardId: string | undefined) =>
      shardId !== undefined && known.has(shardId) && !this.endedShards.has(shardId);

    for (const { ShardId, ParentShardId, AdjacentParentShardId } of shards) {
      if (ShardId === undefined || this.pollers.has(ShardId) || this.endedShards.has(ShardId)) continue;
      if (isOpen(ParentShardId) || isOpen(AdjacentParentShardId)) continue;
      const running: Promise<void> = this.runPoller(ShardId).finally(() => this.running.delete(running));
      this.running.add(running);
    }
  }

  private async runPoller(shardId: string): Promise<void> {
    const { checkpoints, s3, settings, clock, ...rest } = this.parts;
    const poller = new ShardPoller({
      ...rest,
      settings,
      clock,
      shardId,
      signal: this.stopping.signal,
      position: checkpoints.get(shardId),
      checkpointed: (position) => checkpoints.set(shardId, position),
      discard: async (batch: DiscardedBatch) => {
        if (settings.destinationBucket !== undefined)
          await putDiscardedBatch(s3, settings.destinationBucket, settings, batch, clock.now());
      },
    });
    this.pollers.set(shardId, poller);
    const ended = await poller.run();
    if (ended) {
      this.endedShards.add(shardId);
      await this.startChildren();
    }
    this.pollers.delete(shardId);
    poller.release();
  }

  private async startChildren(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        return await this.startReadableShards();
      } catch (error) {
        this.parts.problem(error as Error);
        await this.parts.clock.sleep(1000, this.stopping.signal);
      }
    }
  }

  private async listShards(): Promise<Shard[]> {
    const { kinesis, settings } = this.parts;
    const shards: Shard[] = [];
    let NextToken: string | undefined;
    do {
      const page = await kinesis.send(
        new ListShardsCommand(NextToken === undefined ? { StreamARN: settings.streamArn } : { NextToken }),
      );
      shards.push(...(page.Shards ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return shards;
  }
}
