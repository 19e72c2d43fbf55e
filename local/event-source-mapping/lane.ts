import type { KinesisStreamRecord } from "aws-lambda";
import type { Clock } from "../clock";
import { payloadBytes } from "./lambda-event";
import { type EventSourceMappingSettings, MAX_BATCH_BYTES } from "./settings";

/**
 * One of a shard's concurrent streams of batches. A partition key always takes the same lane, and a lane works on
 * one batch at a time, so that the order holds per partition key.
 */
export class Lane {
  private readonly waiting: KinesisStreamRecord[] = [];
  /** When the oldest waiting record came, in milliseconds since the epoch: the start of the batch window. */
  private windowStart = 0;
  private wake: () => void = () => undefined;

  constructor(
    private readonly settings: EventSourceMappingSettings,
    private readonly clock: Clock,
    private readonly process: (batch: readonly KinesisStreamRecord[]) => Promise<void>,
  ) {}

  add(records: readonly KinesisStreamRecord[]): void {
    if (records.length === 0) return;
    if (this.waiting.length === 0) this.windowStart = this.clock.now();
    this.waiting.push(...records);
    this.wake();
  }

  /** Processes batch after batch until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.wake(), { once: true });
    while (!signal.aborted) {
      await this.batchIsDue(signal);
      const batch = this.waiting.splice(0, this.batchLength());
      this.windowStart = this.clock.now();
      if (!signal.aborted) await this.process(batch);
    }
  }

  /** A batch goes out when it is full, or when its window ends. */
  private async batchIsDue(signal: AbortSignal): Promise<void> {
    const { batchWindowSeconds } = this.settings;
    while (!signal.aborted && !this.isFull()) {
      const remaining = this.windowStart + batchWindowSeconds * 1000 - this.clock.now();
      if (this.waiting.length > 0 && remaining <= 0) return;
      await this.nextRecords(this.waiting.length > 0 ? remaining : undefined, signal);
    }
  }

  private nextRecords(milliseconds: number | undefined, signal: AbortSignal): Promise<void> {
    const timer = new AbortController();
    const more = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    if (milliseconds === undefined || signal.aborted) return signal.aborted ? Promise.resolve() : more;
    return Promise.race([more, this.clock.sleep(milliseconds, timer.signal)]).finally(() => timer.abort());
  }

  private isFull(): boolean {
    return this.waiting.length >= this.settings.batchSize || this.batchLength() < this.waiting.length;
  }

  /** How many of the waiting records fit into one invocation, by number and by bytes; at least one. */
  private batchLength(): number {
    let bytes = 0;
    const limit = Math.min(this.waiting.length, this.settings.batchSize);
    for (const [index, record] of this.waiting.slice(0, limit).entries()) {
      bytes += payloadBytes(record);
      if (bytes > MAX_BATCH_BYTES && index > 0) return index;
    }
    return limit;
  }
}
