import type { KinesisStreamRecord } from "aws-lambda";
import type { Clock } from "../../../shared/clock";
import { PAYLOAD_FRAME_BYTES } from "./lambda-event";
import { type EventSourceMappingSettings, MAX_PAYLOAD_BYTES } from "./mapping-settings";

/** A record, and what it adds to the payload of an invocation, in bytes. */
export interface SizedRecord {
  record: KinesisStreamRecord;
  bytes: number;
}

/**
 * Forms batches of one shard's records. A shard has as many lanes as ParallelizationFactor says. Each partition key has
 * one lane, and a lane finishes a batch before it starts the next, so the order holds per partition key.
 */
export class Lane {
  readonly #settings: Pick<EventSourceMappingSettings, "batchSize" | "batchWindowSeconds">;
  readonly #clock: Clock;
  readonly #onBatch: (batch: readonly KinesisStreamRecord[]) => Promise<void>;
  readonly #waiting: SizedRecord[] = [];
  /** When the batch window began, in milliseconds since the epoch. */
  #windowStartMs: number;
  #wake: () => void = () => undefined;

  /** @param onBatch processes a batch; the next batch waits until it resolves */
  constructor(
    settings: Pick<EventSourceMappingSettings, "batchSize" | "batchWindowSeconds">,
    clock: Clock,
    onBatch: (batch: readonly KinesisStreamRecord[]) => Promise<void>,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#onBatch = onBatch;
    this.#windowStartMs = clock.now();
  }

  /** Adds a record after those that are waiting. */
  add(record: SizedRecord): void {
    this.#waiting.push(record);
    this.#wake();
  }

  /** Processes one batch after another until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    while (!signal.aborted) {
      await this.#batchIsDue(signal);
      if (signal.aborted) return;
      const batch = this.#waiting.splice(0, this.#batchLength());
      await this.#onBatch(batch.map(({ record }) => record));
      this.#windowStartMs = this.#clock.now();
    }
  }

  /**
   * Resolves when the batch is full or its window ends, but not without a record. For Kinesis, the window begins when the
   * previous invocation has completed: a record that arrives after a quiet time goes out at once.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching
   */
  async #batchIsDue(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#isFull()) {
      const remainingMs = this.#windowStartMs + this.#settings.batchWindowSeconds * 1000 - this.#clock.now();
      if (this.#waiting.length > 0 && remainingMs <= 0) return;
      await this.#nextRecords(this.#waiting.length > 0 ? remainingMs : undefined);
    }
  }

  /** Resolves when records are added, when the lane stops, or after the given time. */
  async #nextRecords(ms: number | undefined): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (ms === undefined) return woken;
    const timer = new AbortController();
    await Promise.race([woken, this.#clock.sleep(ms, timer.signal)]);
    timer.abort();
  }

  #isFull(): boolean {
    return this.#waiting.length >= this.#settings.batchSize || this.#batchLength() < this.#waiting.length;
  }

  /** How many waiting records fit into one invocation, by number and by bytes; at least one. */
  #batchLength(): number {
    const mostRecords = this.#waiting.slice(0, this.#settings.batchSize);
    let payload = PAYLOAD_FRAME_BYTES;
    const tooMany = mostRecords.findIndex(({ bytes }, index) => {
      payload += bytes;
      return payload > MAX_PAYLOAD_BYTES && index > 0;
    });
    return tooMany === -1 ? mostRecords.length : tooMany;
  }
}
