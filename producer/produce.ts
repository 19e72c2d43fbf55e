import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { StreamAddress } from "../kinesis-writer/kinesis-errors";
import { MAX_RECORD_BYTES, recordBytes, type ShardPosition } from "../kinesis-writer/stream-record";
import { type Outcomes, StreamWriter } from "../kinesis-writer/stream-writer";
import type { Clock } from "../shared/clock";
import { CommandError } from "../shared/errors";
import type { Pieces } from "../shared/lines";
import type { PendingItem } from "../shared/low-watermark";
import { PRODUCER } from "./caller";
import type { Checkpoint } from "./delivery/checkpoint";
import type { Receipts } from "./delivery/receipts";
import type { RejectsFile } from "./delivery/rejects-file";
import type { Tally } from "./delivery/tally";
import type { Warnings } from "./delivery/warnings";
import { pace } from "./pace";
import { eventRecord, type ProducedRecord, rawRecord } from "./record";
import type { Source, SourceItem, SourcePosition } from "./sources/source";

export interface Run {
  source: Source;
  client: KinesisClient;
  stream: StreamAddress;
  clock: Clock;
  /** How many records to take from the source; left out, all. */
  count?: number | undefined;
  /** How many items to take per second; left out, as many as the stream takes. */
  rate?: number | undefined;
  /** How long a record is tried, in milliseconds. */
  maxAgeMs: number;
  /** Is kept up to date. */
  tally: Tally;
  warnings: Warnings;
  /** Tells a person what the source has to say. */
  note(message: string): void;
  rejectsFile: RejectsFile;
  receipts?: Receipts | undefined;
  /** Where the source goes on, and is told up to where it is done with; left out, it begins at its beginning. */
  checkpoint?: Checkpoint | undefined;
  /** Ends the source; what was read is delivered. */
  stop: AbortSignal;
  /** Gives up what is not delivered yet. */
  abort: AbortSignal;
}

/**
 * Puts what a source delivers on the stream. The source is read only as fast as the stream takes its records.
 * Whatever is not delivered is in the rejects file when this returns or throws.
 * @throws CommandError if the source, the stream or the rejects file makes it impossible to go on
 */
export async function produce(run: Run): Promise<void> {
  const { source, client, stream, maxAgeMs, abort, checkpoint, rejectsFile } = run;
  const faults = new Set<unknown>();
  const noteFault = (fault: unknown) => void faults.add(fault);
  const outcomes = new RunOutcomes(run, noteFault);
  const writer = new StreamWriter<ProducedRecord>({
    client,
    stream,
    caller: PRODUCER,
    outcomes,
    abort,
    maxAgeMs,
    clock: run.clock,
  });

  const items = source.items(run.stop, checkpoint?.from);
  const paced = run.rate === undefined ? items : pace(items, run.rate, makesRecord, run.stop, run.clock);
  const atEnd = checkpoint?.nothingLeft || (await putAll(paced, writer, run).catch(noteFault));
  // Also when the source has failed: what it delivered before is put on the stream.
  await writer.close().catch(noteFault);
  await checkpoint?.close(atEnd === true && faults.size === 0).catch(noteFault);
  await rejectsFile.close().catch(noteFault);
  if (faults.size > 0) throw combined([...faults]);
}

function makesRecord({ kind }: SourceItem): boolean {
  return kind === "post" || kind === "raw";
}

function combined(faults: readonly unknown[]): unknown {
  if (faults.length === 1) return faults[0];
  const defect = faults.find((fault) => !(fault instanceof CommandError));
  return (
    defect ??
    new CommandError([...new Set(faults.map((fault) => (fault as CommandError).message))].join("\n"))
  );
}

/** @returns whether the source had nothing more to deliver; otherwise it was broken off */
async function putAll(
  items: AsyncIterable<SourceItem>,
  writer: StreamWriter<ProducedRecord>,
  run: Run,
): Promise<boolean> {
  let taken = 0;
  for await (const item of items) {
    if (item.kind === "notice") {
      run.note(item.message);
      continue;
    }
    await run.checkpoint?.room();
    const pending = run.checkpoint?.add(item.position);
    if (item.kind === "post" || item.kind === "raw") {
      await putItem(item, pending, writer, run);
      if (++taken === run.count) return false;
      continue;
    }
    if (item.kind === "empty") run.tally.emptyLines++;
    if (item.kind === "rejected") await reject(run, item.lineNumber, item.reason, item.detail, item.bytes);
    settle(run, pending);
  }
  return !run.stop.aborted;
}

async function putItem(
  item: Extract<SourceItem, { kind: "post" | "raw" }>,
  pending: PendingItem<SourcePosition> | undefined,
  writer: StreamWriter<ProducedRecord>,
  run: Run,
): Promise<void> {
  const record = item.kind === "raw" ? rawRecord(item.line.bytes) : eventRecord(item.post);
  const bytes = recordBytes(record);
  if (bytes <= MAX_RECORD_BYTES) return writer.put({ ...record, item: pending });

  const detail = `${bytes} bytes with its partition key, a record has at most ${MAX_RECORD_BYTES}`;
  await reject(run, item.line?.number, "record-too-large", detail, [item.line?.bytes ?? record.data]);
  settle(run, pending);
}

function settle({ checkpoint }: Run, pending: PendingItem<SourcePosition> | undefined): void {
  if (pending) checkpoint?.settle(pending);
}

async function reject(
  { tally, warnings, rejectsFile }: Run,
  lineNumber: number | undefined,
  reason: string,
  detail: string,
  bytes: Pieces,
): Promise<void> {
  tally.rejected++;
  warnings.rejected(lineNumber, reason, detail);
  await rejectsFile.write(bytes);
}

/** Counts what became of the records, and keeps those that were given up. */
class RunOutcomes implements Outcomes<ProducedRecord> {
  /** @param noteFault is told why a record that was given up could not be kept */
  constructor(
    readonly run: Run,
    readonly noteFault: (fault: unknown) => void,
  ) {}

  onAcknowledged(records: readonly ProducedRecord[], positions: readonly ShardPosition[]): void {
    this.run.receipts?.add(positions);
    this.run.tally.acknowledged += records.length;
    for (const { data, item } of records) {
      this.run.tally.bytes += data.byteLength;
      settle(this.run, item);
    }
  }

  onResend(count: number): void {
    this.run.tally.retried += count;
  }

  async onUndelivered(record: ProducedRecord, reason: string): Promise<void> {
    this.run.tally.undelivered++;
    this.run.warnings.undelivered(reason);
    await this.run.rejectsFile
      .write([record.data])
      .then(() => settle(this.run, record.item))
      .catch((fault) => {
        this.noteFault(fault);
        this.run.checkpoint?.stop();
      });
  }
}
