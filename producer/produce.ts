import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { StreamAddress } from "../kinesis-writer/kinesis-errors";
import { MAX_RECORD_BYTES, recordBytes, type ShardPosition } from "../kinesis-writer/stream-record";
import { type Outcomes, StreamWriter } from "../kinesis-writer/stream-writer";
import type { Clock } from "../shared/clock";
import { CommandError, combinedFault } from "../shared/errors";
import type { Pieces } from "../shared/lines";
import type { PendingItem } from "../shared/low-watermark";
import { PRODUCER } from "./caller";
import type { Checkpoint } from "./delivery/checkpoint";
import type { Outage } from "./delivery/outage";
import type { Receipts } from "./delivery/receipts";
import type { RejectsFile } from "./delivery/rejects-file";
import type { Tally } from "./delivery/tally";
import type { Warnings } from "./delivery/warnings";
import { pace } from "./pace";
import { eventRecord, type ProducedRecord, rawRecord } from "./record";
import type { Source, SourceItem, SourcePosition } from "./sources/source";

/** One run of the producer: what it reads, where it puts it, and what it updates meanwhile. */
export interface ProducerRun {
  source: Source;
  client: KinesisClient;
  stream: StreamAddress;
  clock: Clock;
  /** How many records to put; defaults to all that the source has. */
  count?: number | undefined;
  /** How many records to put per second; defaults to as many as the stream takes. */
  rate?: number | undefined;
  /** After how many milliseconds a record that Kinesis does not take is undelivered, if there is no checkpoint. */
  maxAgeMs: number;
  tally: Tally;
  warnings: Warnings;
  outage: Outage;
  rejectsFile: RejectsFile;
  receipts?: Receipts | undefined;
  /**
   * Where the source resumes, and how far it is settled; without one, it starts at its beginning or, if live, now. With
   * one, the run waits for as long as Kinesis takes no records, and what is undelivered at its end is not settled: the
   * next run reads it again.
   */
  checkpoint?: Checkpoint | undefined;
  /** Called with each message from the source to the user. */
  onNotice(message: string): void;
  /** Ends the source; what was read is delivered, but with a checkpoint, an outage is not waited for. */
  stop: AbortSignal;
  /** Ends delivery, too: what is not acknowledged by then is undelivered. */
  abort: AbortSignal;
}

/**
 * Puts a source's posts on the stream. The source is read only as fast as the stream takes its records. When this ends,
 * all that was read is settled (acknowledged, in the rejects file, or skipped), or the next run reads it again, unless
 * a file could not be written: that ends the run.
 * @throws CommandError if the source or the stream fails despite retries, or a file cannot be written
 */
export async function produce(options: ProducerRun): Promise<void> {
  const run = { ...options, stop: AbortSignal.any([options.stop, options.rejectsFile.failed]) };
  const { source, client, stream, clock, abort, checkpoint, rejectsFile } = run;
  const faults = new Set<unknown>();
  const onFault = (fault: unknown) => void faults.add(fault);
  const outcomes = new RecordOutcomes(run, (reason) => {
    onFault(reason);
    writer.stop(reason);
  });
  const writer = new StreamWriter<ProducedRecord>({
    client,
    stream,
    caller: PRODUCER,
    outcomes,
    abort,
    maxAgeMs: checkpoint ? Number.POSITIVE_INFINITY : run.maxAgeMs,
    clock,
  });

  const stop = AbortSignal.any([run.stop, writer.stopped]);
  const items = source.items(stop, checkpoint?.from);
  const paced = run.rate === undefined ? items : pace(items, run.rate, makesRecord, stop, clock);
  const atEnd = checkpoint?.nothingLeft || (await putItems(paced, writer, { ...run, stop }).catch(onFault));
  // Even if the source has failed, what it delivered before is put on the stream.
  await writer.close().catch(onFault);
  await checkpoint?.close(atEnd === true && faults.size === 0).catch(onFault);
  await rejectsFile.close().catch(onFault);
  await run.receipts?.close().catch(onFault);
  if (faults.size > 0) throw combinedFault([...faults]);
}

/** @returns whether the source had nothing more to deliver; false if it was stopped */
async function putItems(
  items: AsyncIterable<SourceItem>,
  writer: StreamWriter<ProducedRecord>,
  run: ProducerRun,
): Promise<boolean> {
  let taken = 0;
  for await (const item of items) {
    if (item.kind === "notice") {
      run.onNotice(item.message);
      continue;
    }
    await run.checkpoint?.room(run.stop);
    const pending = run.checkpoint?.add(item.position);
    if (item.kind === "post" || item.kind === "raw") {
      await putItem(item, pending, writer, run);
      if (++taken === run.count) return false;
      continue;
    }
    if (item.kind === "empty") run.tally.emptyLines++;
    if (item.kind === "stream-notice") run.tally.streamNotices++;
    if (item.kind === "rejected") await reject(run, item.lineNumber, item.reason, item.detail, item.bytes);
    settle(run, pending);
  }
  return !run.stop.aborted;
}

async function putItem(
  item: Extract<SourceItem, { kind: "post" | "raw" }>,
  pending: PendingItem<SourcePosition> | undefined,
  writer: StreamWriter<ProducedRecord>,
  run: ProducerRun,
): Promise<void> {
  const record = item.kind === "raw" ? rawRecord(item.line.bytes) : eventRecord(item.post);
  const bytes = recordBytes(record);
  if (bytes <= MAX_RECORD_BYTES) return writer.put({ ...record, item: pending });

  const detail = `${bytes} bytes with its partition key; a record has at most ${MAX_RECORD_BYTES}`;
  await reject(run, item.line?.number, "record-too-large", detail, [item.line?.bytes ?? record.data]);
  settle(run, pending);
}

function makesRecord({ kind }: SourceItem): boolean {
  return kind === "post" || kind === "raw";
}

function settle({ checkpoint }: ProducerRun, pending: PendingItem<SourcePosition> | undefined): void {
  if (pending) checkpoint?.settle(pending);
}

async function reject(
  { tally, warnings, rejectsFile }: ProducerRun,
  lineNumber: number | undefined,
  reason: string,
  detail: string,
  bytes: Pieces,
): Promise<void> {
  tally.rejected++;
  warnings.addRejected(lineNumber, reason, detail);
  await rejectsFile.write(bytes);
}

/** Counts and settles the records that Kinesis took, and keeps the undelivered ones for the next run or in the rejects file. */
class RecordOutcomes implements Outcomes<ProducedRecord> {
  readonly #run: ProducerRun;
  readonly #onEnd: (reason: Error) => void;

  /** @param onEnd called when waiting for Kinesis makes no sense any more */
  constructor(run: ProducerRun, onEnd: (reason: Error) => void) {
    this.#run = run;
    this.#onEnd = onEnd;
    run.stop.addEventListener("abort", () => this.#endOutage(), { once: true });
  }

  onAcknowledged(records: readonly ProducedRecord[], positions: readonly ShardPosition[]): void {
    const { receipts, tally, outage } = this.#run;
    if (records.length > 0) outage.addSuccess();
    try {
      receipts?.add(positions);
    } finally {
      tally.acknowledged += records.length;
      for (const { data, item } of records) {
        tally.bytes += data.byteLength;
        settle(this.#run, item);
      }
    }
  }

  onResend(count: number, reason: string): void {
    this.#run.tally.retried += count;
    this.#run.outage.addFailure(reason);
    this.#endOutage();
  }

  async onUndelivered(record: ProducedRecord, reason: string): Promise<void> {
    const { tally, warnings, rejectsFile, checkpoint } = this.#run;
    tally.undelivered++;
    warnings.addUndelivered(checkpoint ? `${reason}; the next run with --resume sends it again` : reason);
    if (!checkpoint) await rejectsFile.write([record.data]).catch(this.#onEnd);
  }

  /** Ends the wait for Kinesis once the source has ended, too: the next run reads again what is not settled. */
  #endOutage(): void {
    const { checkpoint, outage, stop } = this.#run;
    if (checkpoint && stop.aborted && outage.reason !== undefined)
      this.#onEnd(new CommandError(`stopped while Kinesis took no records (${outage.reason})`));
  }
}
