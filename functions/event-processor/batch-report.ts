import type { Logger } from "@aws-lambda-powertools/logger";
import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { KinesisStreamRecord } from "aws-lambda";
import { type Clock, systemClock } from "../../shared/clock";
import type { BatchResult } from "./batch-processor";
import type { Rejection } from "./record-decoder";

/**
 * Reports to the operator what became of a batch: one log line with the counts, a warning for each reason for rejection
 * and one for problems, and the metrics. None of them holds the text of a post.
 */
export function reportBatch(
  kinesisRecords: readonly KinesisStreamRecord[],
  result: BatchResult,
  { logger, metrics }: { logger: Logger; metrics: Metrics },
  clock: Clock = systemClock,
): void {
  const counts = {
    stored: result.stored,
    rejected: result.rejected.reduce((total, { userRecords }) => total + userRecords, 0),
    skipped: result.skipped,
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

  warnOfRejections(logger, result.rejected);
  if (result.problems.size > 0) {
    const problems = [...result.problems].slice(0, MAX_PROBLEMS_LOGGED);
    logger.warn("Problems while the batch was processed", { problems: Object.fromEntries(problems) });
  }

  metrics.addMetric("EventsStored", MetricUnit.Count, counts.stored);
  metrics.addMetric("RecordsRejected", MetricUnit.Count, counts.rejected);
  metrics.addMetric("RecordsSkipped", MetricUnit.Count, counts.skipped);
  metrics.addMetric("RecordsRetried", MetricUnit.Count, counts.retried);
  metrics.addMetric("RecordsFailed", MetricUnit.Count, counts.failed);
  metrics.addMetric("IteratorAge", MetricUnit.Milliseconds, iteratorAgeMs);
  metrics.publishStoredMetrics();
}

/** The most problems that the log names for one batch; every request may fail with a different message. */
const MAX_PROBLEMS_LOGGED = 10;

/** How long ago the oldest record arrived, in milliseconds. */
function ageOfOldest(kinesisRecords: readonly KinesisStreamRecord[], now: number): number {
  const oldest = kinesisRecords.reduce(
    (earliest, { kinesis }) => Math.min(earliest, kinesis.approximateArrivalTimestamp * 1000),
    now,
  );
  return Math.round(now - oldest);
}

/** One warning for each reason. It describes the first record; the failure bucket has them all. */
function warnOfRejections(logger: Logger, rejected: readonly Rejection[]): void {
  const groups = new Map<string, { count: number; first: Rejection }>();
  for (const rejection of rejected) {
    const { count, first } = groups.get(rejection.reason) ?? { count: 0, first: rejection };
    groups.set(rejection.reason, { count: count + rejection.userRecords, first });
  }
  for (const [reason, { count, first }] of groups) {
    const { shardId, sequenceNumber, subSequenceNumber } = first.record;
    logger.warn("Records rejected", {
      reason,
      count,
      first: { detail: first.detail, shardId, sequenceNumber, subSequenceNumber },
    });
  }
}
