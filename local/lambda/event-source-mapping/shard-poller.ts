import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { KinesisStreamRecord } from "aws-lambda";
import { LowWatermark, type PendingItem } from "../../../shared/low-watermark";
import { type BatchProcessing, handleBatch } from "./handle-batch";
import { payloadBytes } from "./lambda-event";
import { Lane } from "./lane";
import { MAX_PAYLOAD_BYTES } from "./mapping-settings";
import { type ReadPosition, ShardReader, type ShardReading } from "./shard-reader";

/** What a poller needs. */
export interface ShardPolling extends ShardReading, Omit<BatchProcessing, "onHandled"> {
  /** Called with how many records were handled since the last call. */
  onHandled(count: number): void;
  /** The checkpoint of an earlier run, if there is one. */
  checkpoint: string | undefined;
  /** Where reading begins without a checkpoint. */
  startingPosition: ReadPosition;
  /** Called whenever the checkpoint has moved. */
  onCheckpoint(sequenceNumber: string): void;
}

/** Reads one shard, passes its records to the lanes, and moves its checkpoint past the records that are handled. */
export class ShardPoller {
  readonly #polling: ShardPolling;
  /** Its position is the checkpoint; the weight of a record is its size in bytes. */
  readonly #watermark: LowWatermark<string>;
  readonly #pending = new Map<string, PendingItem<string>>();
  readonly #lanes: Lane[];
  /** Callers who wait until everything on the shard is handled, as of the current read or as of the next one. */
  #waitingForThisRead: (() => void)[] = [];
  #waitingForNextRead: (() => void)[] = [];

  constructor(polling: ShardPolling) {
    this.#polling = polling;
    const { settings, clock, checkpoint } = polling;
    this.#watermark = new LowWatermark(checkpoint);
    const processing = {
      ...polling,
      onHandled: (records: readonly KinesisStreamRecord[]) => this.#settle(records),
    };
    this.#lanes = Array.from(
      { length: settings.parallelizationFactor },
      () => new Lane(settings, clock, (batch) => handleBatch(batch, processing)),
    );
  }

  /**
   * Runs until the signal aborts, or until the shard was closed by resharding and all its records are handled.
   * @returns whether the shard has ended
   */
  async run(): Promise<boolean> {
    const end = new AbortController();
    const signal = AbortSignal.any([this.#polling.signal, end.signal]);
    // Every lane listens; above ten listeners Node.js would warn of a leak.
    setMaxListeners(0, signal);
    signal.addEventListener("abort", () => this.#watermark.stop(), { once: true });
    const lanes = Promise.all(this.#lanes.map((lane) => lane.run(signal)));
    await this.#read();
    end.abort();
    await lanes;
    return !this.#polling.signal.aborted;
  }

  /** Resolves when everything that is on the shard now is handled. */
  caughtUp(): Promise<void> {
    return new Promise((resolve) => this.#waitingForNextRead.push(resolve));
  }

  /** Resolves every wait: the shard has ended and its children are being read, or the mapping stops. */
  release(): void {
    for (const resolve of [...this.#waitingForThisRead, ...this.#waitingForNextRead]) resolve();
  }

  /** Reads until the shard ends and its last record is handled. */
  async #read(): Promise<void> {
    const { clock, signal, checkpoint, startingPosition } = this.#polling;
    const position = checkpoint === undefined ? startingPosition : { after: checkpoint };
    for await (const { records, isLatest, isLast } of new ShardReader(this.#polling, position).pages()) {
      this.#distribute(records);
      if (isLatest) this.#reportCaughtUp();
      if (records.length === 0 && !isLast) await clock.sleep(IDLE_MS, signal);
      // Reading too far ahead of the lanes would fill the memory.
      await this.#watermark.atMost(2 * MAX_PAYLOAD_BYTES * this.#lanes.length);
      this.#waitingForThisRead.push(...this.#waitingForNextRead.splice(0));
    }
    await this.#watermark.atMost(0);
  }

  #distribute(records: readonly KinesisStreamRecord[]): void {
    for (const record of records) {
      const { sequenceNumber, partitionKey } = record.kinesis;
      const bytes = payloadBytes(record);
      this.#pending.set(sequenceNumber, this.#watermark.add(sequenceNumber, bytes));
      this.#lanes[this.#laneOf(partitionKey)]?.add({ record, bytes });
    }
  }

  #laneOf(partitionKey: string): number {
    if (this.#lanes.length === 1) return 0;
    return createHash("md5").update(partitionKey).digest().readUInt32BE() % this.#lanes.length;
  }

  #settle(records: readonly KinesisStreamRecord[]): void {
    let hasMoved = false;
    for (const { kinesis } of records) {
      const item = this.#pending.get(kinesis.sequenceNumber);
      this.#pending.delete(kinesis.sequenceNumber);
      if (item && this.#watermark.settle(item)) hasMoved = true;
    }
    const { position } = this.#watermark;
    if (hasMoved && position !== undefined) this.#polling.onCheckpoint(position);
    this.#polling.onHandled(records.length);
  }

  #reportCaughtUp(): void {
    if (this.#watermark.weightBeyond > 0) return;
    for (const resolve of this.#waitingForThisRead.splice(0)) resolve();
  }
}

/** How long to wait at the end of the shard before reading again; Lambda waits a second. */
const IDLE_MS = 200;
