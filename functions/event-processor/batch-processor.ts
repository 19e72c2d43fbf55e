import type { KinesisStreamRecord } from "aws-lambda";
import type { EventWriter, WriteResult } from "./event-writer";
import { Problems } from "./problems";
import { type DecodedRecord, decodeRecord, type Rejection, rejection } from "./record-decoder";
import type { RejectionStore } from "./rejection-store";

/** What `processBatch` works with. */
export interface BatchProcessorParts {
  writer: EventWriter;
  /** Called only when there is something to set aside, so that a clean batch never loads the S3 client. */
  loadRejectionStore: () => Promise<RejectionStore>;
  /** Days from a record's arrival until its item expires; 0 means never. */
  timeToLiveDays: number;
}

/** One signal for each part of the work, aborted when its time is up. */
export interface Deadlines {
  writing: AbortSignal;
  settingAside: AbortSignal;
}

/** What became of a batch. Counts are of user records unless stated otherwise. */
export interface BatchResult {
  received: number;
  stored: number;
  /** Set aside in the failure bucket. */
  rejected: readonly Rejection[];
  /** Stream notices: neither stored nor set aside. */
  skipped: number;
  /** Items sent again within the invocation; an item counts once for each time. */
  retried: number;
  /** The sequence numbers of the Kinesis records that Lambda must retry. */
  failed: readonly string[];
  /** What went wrong, and how many records it affected. */
  problems: ReadonlyMap<string, number>;
}

/**
 * Processes a batch: each record is stored, set aside with its payload, or reported as failed.
 * @param kinesisRecords of one shard, in the order of the stream
 */
export async function processBatch(
  kinesisRecords: readonly KinesisStreamRecord[],
  { writer, loadRejectionStore, timeToLiveDays }: BatchProcessorParts,
  deadlines: Deadlines,
): Promise<BatchResult> {
  const problems = new Problems();
  const decoded = kinesisRecords.map((record) => decodeRecord(record, timeToLiveDays));
  const items = decoded.flatMap(({ storable }) => storable.map(({ item }) => item));
  const written = await writer.write(items, deadlines.writing, problems);

  const { rejections, failed, ...counts } = sortByOutcome(decoded, written);
  let rejected = beforeCheckpoint(rejections, failed);
  if (rejected.length > 0) {
    const rejectionStore = await loadRejectionStore();
    if (!(await rejectionStore.setAside(rejected, deadlines.settingAside, problems))) {
      for (const { record } of rejected) failed.add(record.sequenceNumber);
      rejected = [];
    }
  }
  return {
    ...counts,
    rejected,
    retried: written.retried,
    failed: [...failed],
    problems: problems.counts,
  };
}

function sortByOutcome(decoded: readonly DecodedRecord[], { outcomeOf }: WriteResult) {
  const counts = { received: 0, stored: 0, skipped: 0 };
  const rejections: Rejection[] = [];
  const failed = new Set<string>();
  for (const { userRecords, storable, skipped, rejections: undecodable } of decoded) {
    counts.received += userRecords;
    counts.skipped += skipped;
    for (const one of undecodable) rejections.push(one);
    for (const { record, item } of storable) {
      const outcome = outcomeOf(item);
      if (outcome.status === "stored") counts.stored++;
      else if (outcome.status === "failed") failed.add(record.sequenceNumber);
      else rejections.push(rejection(record, "invalid-item", outcome.detail));
    }
  }
  return { ...counts, rejections, failed };
}

/**
 * Keeps the rejections that no retry will repeat. Lambda retries every record from the lowest failed sequence number
 * on, and a record rejected there would be set aside twice.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
function beforeCheckpoint(
  rejections: readonly Rejection[],
  failed: ReadonlySet<string>,
): readonly Rejection[] {
  if (failed.size === 0) return rejections;
  const checkpoint = [...failed].map(BigInt).reduce((lowest, next) => (next < lowest ? next : lowest));
  return rejections.filter(({ record }) => BigInt(record.sequenceNumber) < checkpoint);
}
