import type { Logger } from "@aws-lambda-powertools/logger";
import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { KinesisStreamRecord } from "aws-lambda";
import { type Clock, systemClock } from "../../shared/clock";
import type { BatchResult } from "./batch-processor";
import type { Rejection } from "./record-decoder";

/**
 * Reports to the operator what became of a batch: one line of log with the counts, a warning for each reason of rejection
 * and one for problems, and the metrics. The text of posts appears in none of them.
 */
export function reportBatch(
  kinesisRecords: readonly KinesisStreamRecord[],
  result: BatchResult,
  { logger, metrics }: { logger: Logger; metrics: Metrics },
  clock: Clock = systemClock,
): void {
  const counts = {
    stored: result.stored,
    rejected: result.rejected.length,
    retried: result.retried,
    failed: result.failed.length,
  };
  const iteratorAgeMs = ageOfOldest(kinesisRecords, clock.now());
  logger.info("Batch processed", {
    kinesisRecords: kinesisRecords.length,
    userRecords: result.received,
    ...counts,
    iteratorAge: iteratorAgeMs,
  });

  for (const rejections of byReason(result.rejected)) warnOfRejections(logger, rejections);
  if (result.problems.size > 0) {
    const problems = [...result.problems].slice(0, MAX_PROBLEMS_LOGGED);
    logger.warn("Problems while the batch was processed", { problems: Object.fromEntries(problems) });
  }

  metrics.addMetric("EventsStored", MetricUnit.Count, counts.stored);
  metrics.addMetric("RecordsRejected", MetricUnit.Count, counts.rejected);
  metrics.addMetric("RecordsRetried", MetricUnit.Count, counts.retried);
  metrics.addMetric("RecordsFailed", MetricUnit.Count, counts.failed);
  metrics.addMetric("IteratorAge", MetricUnit.Milliseconds, iteratorAgeMs);
  metrics.publishStoredMetrics();
}

/** Problems named in the log of one batch; error messages may differ from request to request. */
const MAX_PROBLEMS_LOGGED = 10;

/** In milliseconds. */
function ageOfOldest(kinesisRecords: readonly KinesisStreamRecord[], now: number): number {
  const oldest = kinesisRecords.reduce(
    (earliest, { kinesis }) => Math.min(earliest, kinesis.approximateArrivalTimestamp * 1000),
    now,
  );
  return Math.round(now - oldest);
}

function byReason(rejected: readonly Rejection[]): Rejection[][] {
  const groups = new Map<string, Rejection[]>();
  for (const rejection of rejected) {
    const group = groups.get(rejection.reason);
    if (group) group.push(rejection);
    else groups.set(rejection.reason, [rejection]);
  }
  return [...groups.values()];
}

/** Names the first; the failure bucket has them all. */
function warnOfRejections(logger: Logger, rejections: readonly Rejection[]): void {
  const [first] = rejections;
  if (!first) return;
  const { reason, detail, record } = first;
  logger.warn("Records rejected", {
    reason,
    count: rejections.length,
    first: {
      detail,
      shardId: record.shardId,
      sequenceNumber: record.sequenceNumber,
      subSequenceNumber: record.subSequenceNumber,
    },
  });
}
