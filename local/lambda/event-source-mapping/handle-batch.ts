import { randomUUID } from "node:crypto";
import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import type { Clock } from "../../../shared/clock";
import { messageOf } from "../../../shared/errors";
import type { InvocationOutcome } from "../invocation-outcome";
import { readResponse, type Verdict } from "./function-response";
import { lambdaEvent } from "./lambda-event";
import { ageLimitSeconds, type EventSourceMappingSettings } from "./mapping-settings";
import type { SetAsideBatch } from "./on-failure-destination";
import { retryDelayMs } from "./retry-delay";

/** What handling a batch needs. */
export interface BatchProcessing {
  shardId: string;
  settings: EventSourceMappingSettings;
  /** How long the stream keeps a record. */
  retentionSeconds: number;
  clock: Clock;
  signal: AbortSignal;
  /** Rejects when the function cannot be run at all, as when it is throttled. */
  invoke(event: KinesisStreamEvent): Promise<InvocationOutcome>;
  /** Called, in order, with records that are handled: the function succeeded with them, or they are set aside. */
  onHandled(records: readonly KinesisStreamRecord[]): void;
  /** Rejects when the destination did not accept the batch. */
  setAside(batch: SetAsideBatch): Promise<void>;
  /** Called with what the user should know; processing continues. */
  onProblem(message: string): void;
}

/**
 * Invokes the function with a batch until every record is handled, in order. A batch that fails is retried, split where
 * the settings say so, and set aside when its retries or its age run out. When the signal aborts, this resolves with
 * the remaining records not handled, so that the checkpoint stays before them.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export async function handleBatch(
  records: readonly KinesisStreamRecord[],
  processing: BatchProcessing,
): Promise<void> {
  const batches = [newBatch(records)];
  for (let batch = batches.shift(); batch; batch = batches.shift()) {
    const rest = await setAsideExpired(batch, processing);
    if (processing.signal.aborted) return;
    if (rest.records.length > 0) batches.unshift(...(await attempt(rest, processing)));
  }
}

/** Records that go to the function together, and what has happened to them together. */
interface PendingBatch {
  records: readonly KinesisStreamRecord[];
  /** How often the function ran with exactly these records. */
  invocations: number;
  /** How often in a row they had to wait. */
  delays: number;
  lastOutcome: InvocationOutcome | undefined;
}

/** A part of a batch begins with all its retries: neither a split nor a partial success uses one up. */
function newBatch(records: readonly KinesisStreamRecord[], lastOutcome?: InvocationOutcome): PendingBatch {
  return { records, invocations: 0, delays: 0, lastOutcome };
}

/** Invokes the function once. Returns the batches that remain to be handled, in order. */
async function attempt(batch: PendingBatch, processing: BatchProcessing): Promise<PendingBatch[]> {
  const outcome = await invoke(batch, processing);
  // Stopped meanwhile: the function may have been killed at any point, so its answer says nothing.
  if (processing.signal.aborted) return [];
  if (outcome === undefined) return delay(batch, processing);

  const { records } = batch;
  const verdict = judge(outcome, records, processing);
  if (verdict.kind === "success") {
    processing.onHandled(records);
    return [];
  }
  if (verdict.kind === "partial" && verdict.firstFailed > 0) {
    processing.onHandled(records.slice(0, verdict.firstFailed));
    return [newBatch(records.slice(verdict.firstFailed), outcome)];
  }
  if (verdict.kind === "failure" && processing.settings.bisectBatchOnFunctionError && records.length > 1) {
    const middle = Math.ceil(records.length / 2);
    return [newBatch(records.slice(0, middle), outcome), newBatch(records.slice(middle), outcome)];
  }
  const invocations = batch.invocations + 1;
  if (verdict.kind === "partial" && invocations >= FAILURES_IN_A_ROW)
    processing.onProblem(
      `the function has reported batchItemFailures ${FAILURES_IN_A_ROW} times or more in a row for shard ${processing.shardId} from sequence number ${records[0]?.kinesis.sequenceNumber} on`,
    );
  return retry({ ...batch, invocations, lastOutcome: outcome }, processing);
}

/** How often in a row the function may report the same record as failed before that is a problem. */
const FAILURES_IN_A_ROW = 3;

/** @returns undefined if the function could not be run, which does not count as an attempt */
async function invoke(
  { records }: PendingBatch,
  { invoke, onProblem }: BatchProcessing,
): Promise<InvocationOutcome | undefined> {
  try {
    return await invoke(lambdaEvent(records));
  } catch (error) {
    onProblem(`the function cannot be invoked: ${messageOf(error)}`);
    return undefined;
  }
}

function judge(
  outcome: InvocationOutcome,
  records: readonly KinesisStreamRecord[],
  { settings, onProblem }: BatchProcessing,
): Verdict {
  if (!outcome.ok) return { kind: "failure", reason: outcome.error.errorMessage };
  if (!settings.reportBatchItemFailures) return { kind: "success" };
  const sequenceNumbers = records.map(({ kinesis }) => kinesis.sequenceNumber);
  const verdict = readResponse(outcome.response, sequenceNumbers);
  if (verdict.kind === "failure")
    onProblem(`the function's response counts as a failure of its whole batch: ${verdict.reason}`);
  return verdict;
}

async function retry(batch: PendingBatch, processing: BatchProcessing): Promise<PendingBatch[]> {
  const { maximumRetryAttempts } = processing.settings;
  if (maximumRetryAttempts === -1 || batch.invocations <= maximumRetryAttempts)
    return delay(batch, processing);
  await setAside(batch, "RetryAttemptsExhausted", processing);
  return [];
}

async function delay(batch: PendingBatch, { clock, signal }: BatchProcessing): Promise<PendingBatch[]> {
  const delays = batch.delays + 1;
  await clock.sleep(retryDelayMs(delays), signal);
  return [{ ...batch, delays }];
}

/** Sets records over the age limit aside, without another invocation, and returns the rest. */
async function setAsideExpired(batch: PendingBatch, processing: BatchProcessing): Promise<PendingBatch> {
  const { settings, retentionSeconds, clock } = processing;
  const hasFailed = batch.lastOutcome !== undefined;
  const oldest = clock.now() / 1000 - ageLimitSeconds(settings, retentionSeconds, hasFailed);
  const isYoung = ({ kinesis }: KinesisStreamRecord) => kinesis.approximateArrivalTimestamp >= oldest;
  const firstYoung = batch.records.findIndex(isYoung);
  const expired = firstYoung === -1 ? batch.records : batch.records.slice(0, firstYoung);
  if (expired.length > 0) await setAside({ ...batch, records: expired }, "RecordAgeExceeded", processing);
  return { ...batch, records: batch.records.slice(expired.length) };
}

/** Tries until the destination accepts the batch; only then are its records handled. */
async function setAside(
  { records, invocations: invokeCount, lastOutcome }: PendingBatch,
  condition: SetAsideBatch["condition"],
  processing: BatchProcessing,
): Promise<void> {
  const { clock, signal, shardId } = processing;
  const batch = {
    id: randomUUID(),
    timeMs: clock.now(),
    shardId,
    records,
    condition,
    invokeCount,
    lastOutcome,
  };
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      await processing.setAside(batch);
      processing.onHandled(records);
      return;
    } catch (error) {
      processing.onProblem(`the on-failure destination does not accept a batch: ${messageOf(error)}`);
      await clock.sleep(retryDelayMs(failures), signal);
    }
  }
}
