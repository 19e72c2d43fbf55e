import { type KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { causeOf, isTimeout, isTransient } from "../shared/aws-errors";
import { backOff, systemWaiting, type Waiting } from "../shared/backoff";
import { afterAnswer, afterTimeout, type CallLimits } from "../shared/call-limits";
import { CallQueue } from "../shared/call-queue";
import { CommandError, ExitCode } from "../shared/errors";
import { WaitList } from "../shared/wait-list";
import { type Caller, fatalError, type StreamAddress } from "./kinesis-errors";
import { recordBytes, type ShardPosition, type StreamRecord } from "./stream-record";

/**
 * Receives the outcome of every record: each is acknowledged or undelivered, exactly once. An error that is
 * thrown in reporting one stops the writer.
 */
export interface Outcomes<R> {
  /** Kinesis has stored the records. */
  onAcknowledged(records: readonly R[], positions: readonly ShardPosition[]): void;
  /** This many records are about to be sent again, because of what the last call met. */
  onResend(count: number, reason: string): void;
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
  /** How many calls may be under way at once, on a link that is not too slow for them; defaults to 4. */
  concurrency?: number;
}

/**
 * Puts records on a stream, many in a call and several calls at once. It sends again what failed, until it is stored or
 * too old; what timed out, in fewer and smaller calls.
 *
 * No order is guaranteed: calls overtake each other, PutRecords itself keeps none, and a record that is sent again
 * arrives behind later ones. The table does not need any, since writing an event twice or late leaves the same item.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
export class StreamWriter<R extends StreamRecord> {
  readonly #options: Required<StreamWriterOptions<R>>;
  readonly #queue = new CallQueue<Entry<R>>();
  /** Whether what is in the queue should be sent as soon as a call may start, even if it does not fill one. */
  #due = false;
  /** Ends the wait for more records to share the next call. */
  #linger: AbortController | undefined;
  readonly #most: CallLimits;
  /** Another object after every change. */
  #limits: CallLimits;
  #calls = 0;
  /** A call has ended, or the writer has stopped. */
  readonly #progress = new WaitList();
  /** Why the writer has stopped, if it has. */
  #reason: Error | undefined;
  readonly #stopping = new AbortController();

  constructor(options: StreamWriterOptions<R>) {
    this.#options = { lingerMs: 200, concurrency: 4, ...systemWaiting, ...options };
    this.#most = { calls: this.#options.concurrency, records: MAX_RECORDS, bytes: MAX_BYTES };
    this.#limits = this.#most;
    const stop = () => this.stop(new CommandError("stopped before it was delivered", ExitCode.interrupted));
    if (options.abort.aborted) stop();
    else options.abort.addEventListener("abort", stop);
  }

  /** Aborted once the writer has stopped: it takes no more records. */
  get stopped(): AbortSignal {
    return this.#stopping.signal;
  }

  /**
   * Waits until there is room for the record, and takes it: this is what holds back the source. At most as much as
   * fills one call waits behind the calls under way.
   * @throws the reason why the writer has stopped; the record has then been reported as undelivered
   */
  async put(record: R): Promise<void> {
    while (this.#queue.fillsCall(this.#limits) && !this.#reason) await this.#progress.change();
    const entry = { record, bytes: recordBytes(record), since: this.#options.clock.now() };
    if (this.#reason) {
      await this.#reportUndelivered([entry], this.#reason.message);
      throw this.#reason;
    }
    this.#queue.add(entry);
    this.#startLinger();
    this.#startCalls();
  }

  /**
   * Sends what is left and waits until every record has its outcome.
   * @throws the reason why the writer has stopped, if it has
   */
  async close(): Promise<void> {
    this.#sendSoon();
    while (this.#calls > 0 || !this.#queue.isEmpty) await this.#progress.change();
    if (this.#reason) throw this.#reason;
  }

  /** Stops: what is not acknowledged by the calls under way is undelivered. */
  stop(reason: unknown): void {
    this.#reason ??= reason instanceof Error ? reason : new Error(String(reason));
    this.#stopping.abort();
    this.#sendSoon();
    this.#progress.changed();
  }

  #startLinger(): void {
    if (this.#linger || this.#due) return;
    this.#linger = new AbortController();
    const { signal } = this.#linger;
    void this.#options.clock.sleep(this.#options.lingerMs, signal).then(() => {
      if (!signal.aborted) this.#sendSoon();
    });
  }

  #sendSoon(): void {
    this.#due = true;
    this.#startCalls();
  }

  #startCalls(): void {
    while (!this.#queue.isEmpty && this.#calls < this.#limits.calls) {
      if (!this.#due && !this.#queue.fillsCall(this.#limits)) break;
      const entries = this.#queue.takeCall(this.#limits);
      if (this.#queue.isEmpty) this.#endLinger();
      this.#calls++;
      void this.#deliver(entries)
        .catch((defect) => this.stop(defect))
        .finally(() => {
          this.#calls--;
          this.#startCalls();
          this.#progress.changed();
        });
    }
  }

  #endLinger(): void {
    this.#due = false;
    this.#linger?.abort();
    this.#linger = undefined;
  }

  /** Sends the entries until each has its outcome or times out. Its waits count as calls, to slow the writer down. */
  async #deliver(entries: readonly Entry<R>[]): Promise<void> {
    let remaining = entries;
    for (let attempt = 1; !this.#reason; attempt++) {
      const { failed, cause, timedOut } = await this.#send(remaining);
      remaining = await this.#withoutOld(failed, cause);
      if (remaining.length === 0) return;
      if (!timedOut) await backOff(attempt, this.#stopping.signal, this.#options);
      if (this.#reason) break;
      this.#options.outcomes.onResend(remaining.length, cause);
      if (timedOut) {
        this.#due = true;
        return this.#queue.putBack(remaining);
      }
    }
    await this.#reportUndelivered(remaining, this.#reason.message);
  }

  /** Makes one call, and returns the entries to send again. An error of the call is none of reporting its outcome. */
  async #send(entries: readonly Entry<R>[]) {
    const { client, stream, outcomes, abort } = this.#options;
    const limits = this.#limits;
    const command = new PutRecordsCommand({
      StreamName: stream.streamName,
      Records: entries.map(({ record }) => ({ PartitionKey: record.partitionKey, Data: record.data })),
    });
    const answer = await client.send(command, { abortSignal: abort }).catch((error: Error) => error);
    if (answer instanceof Error) return this.#failure(entries, answer, limits);
    if (limits === this.#limits) this.#limits = afterAnswer(limits, this.#most);

    // The results are in the order of the entries. A call can succeed even though every entry in it failed.
    const { Records: results = [] } = answer;
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
    await this.#report(() => outcomes.onAcknowledged(stored, positions));
    const cause = results.find((result) => result.ErrorCode)?.ErrorCode ?? "no result";
    return { failed, cause, timedOut: false };
  }

  /** A whole call has failed. @param limits those when it was made */
  #failure(failed: readonly Entry<R>[], error: Error, limits: CallLimits) {
    const { stream, caller, abort } = this.#options;
    const timedOut = isTimeout(error);
    // Calls that were under way together and time out together are one sign of a slow link, not several.
    if (timedOut && limits === this.#limits) this.#limits = afterTimeout(limits, this.#most);
    if (!abort.aborted && !isTransient(error)) this.stop(fatalError(error, stream, caller));
    return { failed, cause: causeOf(error), timedOut };
  }

  /** Reports the entries that are too old as undelivered, and returns the others. */
  async #withoutOld(entries: readonly Entry<R>[], cause: string): Promise<readonly Entry<R>[]> {
    const { clock, maxAgeMs } = this.#options;
    const oldest = clock.now() - maxAgeMs;
    const old = entries.filter((entry) => entry.since <= oldest);
    await this.#reportUndelivered(old, `not stored within ${maxAgeMs / 1000} s (${cause})`);
    return entries.filter((entry) => entry.since > oldest);
  }

  async #reportUndelivered(entries: readonly Entry<R>[], reason: string): Promise<void> {
    for (const { record } of entries)
      await this.#report(() => this.#options.outcomes.onUndelivered(record, reason));
  }

  /** A fault in reporting is not one of the call: it stops the writer, and every other record keeps its outcome. */
  async #report(outcome: () => void | Promise<void>): Promise<void> {
    try {
      await outcome();
    } catch (fault) {
      this.stop(fault);
    }
  }
}

/** A record, and when the writer took it, in epoch milliseconds. */
interface Entry<R> {
  readonly record: R;
  readonly bytes: number;
  readonly since: number;
}

/**
 * What a PutRecords call may carry. Every stream takes this much; newer ones take calls of 10 MiB.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
const MAX_RECORDS = 500;
const MAX_BYTES = 5 * 1024 * 1024;
