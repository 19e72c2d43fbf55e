import { type KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { backOff, systemWaiting, type Waiting } from "../shared/backoff";
import { CommandError, ExitCode } from "../shared/errors";
import { type Caller, fatalError, isTransient, type StreamAddress } from "./kinesis-errors";
import { type Entry, RecordBatch } from "./record-batch";
import type { ShardPosition, StreamRecord } from "./stream-record";

/** Receives the outcome of every record: each is acknowledged or undelivered, exactly once. */
export interface Outcomes<R> {
  /** Kinesis has stored the records. */
  onAcknowledged(records: readonly R[], positions: readonly ShardPosition[]): void;
  /** This many records are about to be sent again. */
  onResend(count: number): void;
  /** Kinesis did not acknowledge the record. It may still be on the stream, if only the answer was lost. */
  onUndelivered(record: R, reason: string): Promise<void>;
}

export interface StreamWriterOptions<R> extends Partial<Waiting> {
  client: KinesisClient;
  stream: StreamAddress;
  /** Whose credentials the client has. */
  caller: Caller;
  outcomes: Outcomes<R>;
  /** Stops immediately and cancels calls under way: what is not acknowledged is undelivered. */
  abort: AbortSignal;
  /** How long a record is sent again before it is undelivered, in milliseconds. */
  maxAgeMs: number;
  /** How long a record may wait for others to share its call, in milliseconds; defaults to 200. */
  lingerMs?: number;
  /** How many calls may be under way at once; defaults to 4. */
  concurrency?: number;
}

/**
 * Puts records on a stream, many in a call and several calls at once. It sends again what failed, until it is stored or
 * too old.
 *
 * No order is guaranteed: calls overtake each other, PutRecords itself keeps none, and a record that is sent again
 * arrives behind later ones. The table does not need any, since writing an event twice or late leaves the same item.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
export class StreamWriter<R extends StreamRecord> {
  readonly #options: Required<StreamWriterOptions<R>>;
  #filling = new RecordBatch<R>();
  /** Whether the batch that is being filled should be sent as soon as a call may start, full or not. */
  #due = false;
  readonly #full: RecordBatch<R>[] = [];
  #calls = 0;
  /** Ends the wait for more records to share the next call. */
  #linger: AbortController | undefined;
  #stopped: Error | undefined;
  readonly #stopping = new AbortController();
  #waiting: (() => void)[] = [];

  constructor(options: StreamWriterOptions<R>) {
    this.#options = {
      lingerMs: 200,
      concurrency: 4,
      ...systemWaiting,
      ...options,
    };
    options.abort.addEventListener("abort", () =>
      this.#stop(new CommandError("stopped before it was delivered", ExitCode.interrupted)),
    );
  }

  /**
   * Waits until there is room for the record, and takes it: this is what holds back the source. At most one full batch
   * waits behind the calls under way.
   * @throws the reason why the writer has stopped; the record has then been reported as undelivered
   */
  async put(record: R): Promise<void> {
    while (this.#full.length > 0 && !this.#stopped) await this.#change();
    if (this.#stopped) {
      await this.#options.outcomes.onUndelivered(record, this.#stopped.message);
      throw this.#stopped;
    }

    if (!this.#filling.hasRoomFor(record)) this.#sealBatch();
    this.#filling.add(record, this.#options.clock.now());
    if (this.#filling.isFull) this.#sealBatch();
    else this.#startLinger();
  }

  /**
   * Sends what is left and waits until every record has its outcome.
   * @throws the reason why the writer has stopped, if it has
   */
  async close(): Promise<void> {
    this.#sendSoon();
    while (this.#calls > 0 || this.#full.length > 0 || !this.#filling.isEmpty) await this.#change();
    if (this.#stopped) throw this.#stopped;
  }

  #sealBatch(): void {
    this.#full.push(this.#startBatch());
    this.#startCalls();
  }

  #startBatch(): RecordBatch<R> {
    const batch = this.#filling;
    this.#filling = new RecordBatch<R>();
    this.#due = false;
    this.#linger?.abort();
    this.#linger = undefined;
    return batch;
  }

  #startLinger(): void {
    if (this.#linger) return;
    this.#linger = new AbortController();
    const { signal } = this.#linger;
    void this.#options.clock.sleep(this.#options.lingerMs, signal).then(() => {
      if (!signal.aborted) this.#sendSoon();
    });
  }

  #sendSoon(): void {
    this.#due = !this.#filling.isEmpty;
    this.#startCalls();
  }

  #startCalls(): void {
    while (this.#calls < this.#options.concurrency) {
      const batch = this.#full.shift() ?? (this.#due ? this.#startBatch() : undefined);
      if (!batch) break;
      this.#calls++;
      this.#deliver(batch.entries)
        .catch((error) => this.#stop(error))
        .finally(() => {
          this.#calls--;
          this.#startCalls();
          this.#changed();
        });
    }
  }

  /** Stops: what is not acknowledged by the calls under way is undelivered. */
  #stop(reason: Error): void {
    this.#stopped ??= reason;
    this.#stopping.abort();
    this.#sendSoon();
    this.#changed();
  }

  /** Sends the entries until each has its outcome. Its waits count as part of a call, which slows the writer down. */
  async #deliver(entries: readonly Entry<R>[]): Promise<void> {
    let remaining = entries;
    for (let attempt = 1; !this.#stopped; attempt++) {
      if (attempt > 1) this.#options.outcomes.onResend(remaining.length);
      const { failed, reason } = await this.#send(remaining);
      remaining = await this.#withoutOld(failed, reason);
      if (remaining.length === 0) return;

      await backOff(attempt, this.#stopping.signal, this.#options);
    }
    await this.#reportUndelivered(remaining, this.#stopped.message);
  }

  /** Makes one call, and returns the entries to send again. */
  async #send(entries: readonly Entry<R>[]): Promise<{ failed: Entry<R>[]; reason: string }> {
    const { client, stream, caller, outcomes, abort } = this.#options;
    const command = new PutRecordsCommand({
      StreamName: stream.streamName,
      Records: entries.map(({ record }) => ({ PartitionKey: record.partitionKey, Data: record.data })),
    });
    try {
      const { Records: results = [] } = await client.send(command, { abortSignal: abort });
      // The results are in the order of the entries. A call can succeed even though every entry in it failed.
      const stored: R[] = [];
      const positions: ShardPosition[] = [];
      const failed: Entry<R>[] = [];
      for (const [index, entry] of entries.entries()) {
        const { ShardId: shardId, SequenceNumber: sequenceNumber } = results[index] ?? {};
        if (shardId === undefined || sequenceNumber === undefined) failed.push(entry);
        else {
          stored.push(entry.record);
          positions.push({ shardId, sequenceNumber });
        }
      }
      outcomes.onAcknowledged(stored, positions);
      return { failed, reason: results.find((result) => result.ErrorCode)?.ErrorCode ?? "no result" };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!abort.aborted && !isTransient(error)) this.#stop(fatalError(error, stream, caller));
      return { failed: [...entries], reason: error.name === "Error" ? error.message : error.name };
    }
  }

  /** Reports the entries that are too old as undelivered, and returns the others. */
  async #withoutOld(entries: readonly Entry<R>[], reason: string): Promise<readonly Entry<R>[]> {
    const { clock, maxAgeMs } = this.#options;
    const oldest = clock.now() - maxAgeMs;
    const old = entries.filter((entry) => entry.since <= oldest);
    await this.#reportUndelivered(old, `not stored within ${maxAgeMs / 1000} s (${reason})`);
    return entries.filter((entry) => entry.since > oldest);
  }

  async #reportUndelivered(entries: readonly Entry<R>[], reason: string): Promise<void> {
    for (const { record } of entries) await this.#options.outcomes.onUndelivered(record, reason);
  }

  /** Resolves when a call has ended or the writer has stopped. */
  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
