import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import type { Clock } from "../clock";
import type { InvocationOutcome } from "../function-sandbox";
import { lambdaEvent } from "./lambda-event";
import type { DiscardedBatch } from "./on-failure-destination";
import { readResponse, type Verdict } from "./response";
import type { EventSourceMappingSettings } from "./settings";

/** What processing a batch needs of the world. */
export interface BatchProcessing {
  shardId: string;
  settings: EventSourceMappingSettings;
  clock: Clock;
  signal: AbortSignal;
  invoke(event: KinesisStreamEvent): Promise<InvocationOutcome>;
  /** Called, in order, with records that are through: stored by the function, or kept at the destination. */
  handled(records: readonly KinesisStreamRecord[]): void;
  discard(batch: DiscardedBatch): Promise<void>;
}

/** Records that go to the function together, and what they went through before. */
interface Attempt {
  records: readonly KinesisStreamRecord[];
  /** Retries so far; splitting does not count as one. */
  retries: number;
  lastOutcome: InvocationOutcome | undefined;
}

/**
 * Takes a batch to its end: every record is handled, in order, before this resolves. A failing batch is retried,
 * split where the mapping says so, and given up to the destination when its retries or its age are exhausted.
 * When the signal aborts, it resolves with the rest not handled, so that the checkpoint stays before it.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export async function processBatch(
  records: readonly KinesisStreamRecord[],
  processing: BatchProcessing,
): Promise<void> {
  const attempts: Attempt[] = [{ records, retries: 0, lastOutcome: undefined }];
  for (let next = attempts.shift(); next && !processing.signal.aborted; next = attempts.shift()) {
    const young = await discardExpired(next, processing);
    if (young.records.length > 0) attempts.unshift(...(await invokeOnce(young, processing)));
  }
}

/** Invokes the function once. Returns what is left to do of these records, in order. */
async function invokeOnce(attempt: Attempt, processing: BatchProcessing): Promise<Attempt[]> {
  const { settings, signal } = processing;
  const outcome = await processing.invoke(lambdaEvent(attempt.records));
  // Stopped meanwhile: the function may have been killed at any point, so its answer counts for nothing.
  if (signal.aborted) return [];

  const verdict = judge(outcome, attempt.records, settings);
  if (verdict.kind === "success") {
    processing.handled(attempt.records);
    return [];
  }

  const firstFailed = verdict.kind === "partial" ? verdict.firstFailed : 0;
  processing.handled(attempt.records.slice(0, firstFailed));
  const remainder = { ...attempt, records: attempt.records.slice(firstFailed), lastOutcome: outcome };

  const parts = split(remainder, verdict, settings);
  if (parts) return parts;
  return retry(remainder, processing);
}

function judge(
  outcome: InvocationOutcome,
  records: readonly KinesisStreamRecord[],
  { reportBatchItemFailures }: EventSourceMappingSettings,
): Verdict {
  if (!outcome.ok) return { kind: "failure", reason: outcome.error.errorMessage };
  if (!reportBatchItemFailures) return { kind: "success" };
  return readResponse(
    outcome.response,
    records.map(({ kinesis }) => kinesis.sequenceNumber),
  );
}

/**
 * Splits what failed, if the mapping bisects: a failed invocation in two halves, a partial response at the record
 * it reported, where the part before is done already. Splitting consumes no retry. Undefined where it would leave
 * the same records together.
 */
function split(
  remainder: Attempt,
  verdict: Verdict,
  { bisectBatchOnFunctionError }: EventSourceMappingSettings,
): Attempt[] | undefined {
  if (!bisectBatchOnFunctionError) return undefined;
  if (verdict.kind === "partial") return verdict.firstFailed > 0 ? [remainder] : undefined;

  const { records } = remainder;
  if (records.length < 2) return undefined;
  const middle = Math.ceil(records.length / 2);
  return [records.slice(0, middle), records.slice(middle)].map((half) => ({ ...remainder, records: half }));
}

async function retry(attempt: Attempt, processing: BatchProcessing): Promise<Attempt[]> {
  const { maximumRetryAttempts } = processing.settings;
  if (maximumRetryAttempts !== -1 && attempt.retries >= maximumRetryAttempts) {
    await discard(
      attempt,
      { condition: "RetryAttemptsExhausted", invokeCount: attempt.retries + 1 },
      processing,
    );
    return [];
  }
  await processing.clock.sleep(backoff(attempt.retries), processing.signal);
  return [{ ...attempt, retries: attempt.retries + 1 }];
}

/** Records past the mapping's age limit go to the destination without another invocation; the rest is returned. */
async function discardExpired(attempt: Attempt, processing: BatchProcessing): Promise<Attempt> {
  const { maximumRecordAgeSeconds } = processing.settings;
  if (maximumRecordAgeSeconds === -1) return attempt;

  const oldest = processing.clock.now() / 1000 - maximumRecordAgeSeconds;
  const firstYoung = attempt.records.findIndex(
    ({ kinesis }) => kinesis.approximateArrivalTimestamp >= oldest,
  );
  const expired = firstYoung === -1 ? attempt.records : attempt.records.slice(0, firstYoung);
  if (expired.length > 0) {
    const reason = { condition: "RecordAgeExceeded", invokeCount: attempt.retries } as const;
    await discard({ ...attempt, records: expired }, reason, processing);
  }
  return { ...attempt, records: attempt.records.slice(expired.length) };
}

/** Gives records up, once the destination has them: until it does, they stay where they are. */
async function discard(
  { records, lastOutcome }: Attempt,
  reason: Pick<DiscardedBatch, "condition" | "invokeCount">,
  processing: BatchProcessing,
): Promise<void> {
  const { clock, signal, shardId } = processing;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      await processing.discard({ shardId, records, lastOutcome, ...reason });
      processing.handled(records);
      return;
    } catch {
      await clock.sleep(backoff(failures), signal);
    }
  }
}

/** Exponential, in milliseconds; Lambda does not document its own figures. */
function backoff(failures: number): number {
  return Math.min(100 * 2 ** failures, 10_000);
}
