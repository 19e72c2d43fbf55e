import { createHash } from "node:crypto";
import {
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
} from "@aws-sdk/client-kinesis";
import type { KinesisStreamRecord } from "aws-lambda";
import { type BatchProcessing, processBatch } from "./batch-processor";
import { Checkpoint } from "./checkpoint";
import { lambdaRecord } from "./lambda-event";
import { Lane } from "./lane";

/** What a poller needs beyond what its batches need. */
export interface ShardPolling extends Omit<BatchProcessing, "handled"> {
  /** Called with how many records were handled since the last call. */
  handled(count: number): void;
  kinesis: KinesisClient;
  /** Where to go on: the position of the last checkpoint. */
  position: string | undefined;
  /** Called whenever the checkpoint moved. */
  checkpointed(position: string): void;
  /** Called with what went wrong at reading; reading goes on. */
  problem(error: Error): void;
}

/** How long to wait for new records at the end of the shard; Lambda itself asks once a second. */
const IDLE_MILLISECONDS = 200;

const RECORDS_PER_READ = 2_000;

/** Reads one shard in order, has its batches processed, and keeps its checkpoint behind what was handled. */
export class ShardPoller {
  private readonly checkpoint: Checkpoint;
  private readonly lanes: Lane[];
  private lastRead: string | undefined;
  private reads = 0;
  private readonly catchUps: { afterRead: number; resolve: () => void }[] = [];
  private roomMade: () => void = () => undefined;

  constructor(private readonly polling: ShardPolling) {
    const { settings, clock, position } = polling;
    this.checkpoint = new Checkpoint(position);
    this.lastRead = position;
    const processing = {
      ...polling,
      handled: (records: readonly KinesisStreamRecord[]) => this.handled(records),
    };
    this.lanes = Array.from(
      { length: settings.parallelizationFactor },
      () => new Lane(settings, clock, (batch) => processBatch(batch, processing)),
    );
  }

  /**
   * Runs until the signal aborts or the shard, closed by resharding, is read and handled to its end.
   * @returns whether the shard has ended
   */
  async run(): Promise<boolean> {
    const lanesStop = new AbortController();
    const signal = AbortSignal.any([this.polling.signal, lanesStop.signal]);
    const lanes = this.lanes.map((lane) => lane.run(signal));
    const ended = await this.readToTheEnd();
    lanesStop.abort();
    await Promise.all(lanes);
    return ended;
  }

  /** Resolves when everything that is on the shard now is handled. */
  caughtUp(): Promise<void> {
    return new Promise((resolve) => this.catchUps.push({ afterRead: this.reads, resolve }));
  }

  /** Lets go of who waits for a shard that has ended, once its children are being read. */
  release(): void {
    for (const { resolve } of this.catchUps.splice(0)) resolve();
  }

  private async readToTheEnd(): Promise<boolean> {
    const { signal, clock } = this.polling;
    let iterator: string | undefined;
    while (!signal.aborted) {
      const started = this.reads;
      this.reads += 1;
      try {
        iterator ??= await this.openIterator();
        const { records, next, atTheEnd } = await this.read(iterator);
        iterator = next;
        this.distribute(records);
        if (next === undefined) return await this.finish();
        if (atTheEnd) this.reportCaughtUp(started);
        if (records.length === 0) await clock.sleep(IDLE_MILLISECONDS, signal);
        await this.room();
      } catch (error) {
        if (signal.aborted) return false;
        iterator = undefined;
        if (!(error instanceof ExpiredIteratorException)) this.polling.problem(error as Error);
        await clock.sleep(IDLE_MILLISECONDS, signal);
      }
    }
    return false;
  }

  private async openIterator(): Promise<string | undefined> {
    const { kinesis, settings, shardId, signal } = this.polling;
    const from =
      this.lastRead === undefined
        ? { ShardIteratorType: settings.startingPosition }
        : { ShardIteratorType: "AFTER_SEQUENCE_NUMBER" as const, StartingSequenceNumber: this.lastRead };
    const command = new GetShardIteratorCommand({ StreamARN: settings.streamArn, ShardId: shardId, ...from });
    const { ShardIterator } = await kinesis.send(command, { abortSignal: signal });
    return ShardIterator;
  }

  private async read(iterator: string | undefined) {
    const { kinesis, settings, shardId, signal } = this.polling;
    const {
      Records = [],
      NextShardIterator,
      MillisBehindLatest = 0,
    } = await kinesis.send(
      new GetRecordsCommand({
        StreamARN: settings.streamArn,
        ShardIterator: iterator,
        Limit: RECORDS_PER_READ,
      }),
      { abortSignal: signal },
    );
    return {
      records: Records.map((record) => lambdaRecord(record, shardId, settings)),
      next: NextShardIterator ?? undefined,
      atTheEnd: Records.length === 0 && MillisBehindLatest === 0,
    };
  }

  private distribute(records: readonly KinesisStreamRecord[]): void {
    const sequenceNumbers = records.map(({ kinesis }) => kinesis.sequenceNumber);
    this.lastRead = sequenceNumbers.at(-1) ?? this.lastRead;
    this.checkpoint.read(sequenceNumbers);
    for (const [index, lane] of this.lanes.entries()) {
      lane.add(records.filter(({ kinesis }) => this.laneOf(kinesis.partitionKey) === index));
    }
  }

  private laneOf(partitionKey: string): number {
    if (this.lanes.length === 1) return 0;
    return createHash("md5").update(partitionKey).digest().readUInt32BE() % this.lanes.length;
  }

  private handled(records: readonly KinesisStreamRecord[]): void {
    const before = this.checkpoint.position;
    this.checkpoint.handled(records.map(({ kinesis }) => kinesis.sequenceNumber));
    const { position } = this.checkpoint;
    if (position !== undefined && position !== before) this.polling.checkpointed(position);
    this.polling.handled(records.length);
    this.roomMade();
  }

  /** Waits while enough is read ahead for every lane's next batch, so that memory stays bounded. */
  private async room(
    limit = Math.max(2 * this.polling.settings.batchSize * this.lanes.length, RECORDS_PER_READ),
  ): Promise<void> {
    const { signal } = this.polling;
    const stopped = () => this.roomMade();
    signal.addEventListener("abort", stopped, { once: true });
    while (!signal.aborted && this.checkpoint.outstanding > limit) {
      await new Promise<void>((resolve) => {
        this.roomMade = resolve;
      });
    }
    signal.removeEventListener("abort", stopped);
  }

  /** A closed shard has ended when the last of its records is handled. */
  private async finish(): Promise<boolean> {
    await this.room(0);
    return !this.polling.signal.aborted;
  }

  /** Nothing was left to read when this read began, and nothing is left to handle. */
  private reportCaughtUp(read: number): void {
    if (this.checkpoint.outstanding > 0) return;
    const due = this.catchUps.filter(({ afterRead }) => read >= afterRead);
    for (const catchUp of due) {
      this.catchUps.splice(this.catchUps.indexOf(catchUp), 1);
      catchUp.resolve();
    }
  }
}
