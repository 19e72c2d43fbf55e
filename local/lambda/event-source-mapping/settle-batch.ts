import { randomUUID } from "node:crypto";
import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import type { Clock } from "../../../shared/clock";
import { messageOf } from "../../../shared/errors";
import type { InvocationOutcome } from "../invocation-outcome";
import { readResponse, type Verdict } from "./function-response";
import { lambdaEvent } from "./lambda-event";
import type { EventSourceMappingSettings } from "./mapping-settings";
import type { DiscardedBatch } from "./on-failure-destination";
import { retryDelayMs } from "./retry-delay";

/** What processing a batch needs of the world. */
export interface BatchProcessing {
  shardId: string;
  settings: EventSourceMappingSettings;
  clock: Clock;
  signal: AbortSignal;
  /** Rejects when the function could not be run at all, as when it is throttled. */
  invoke(event: KinesisStreamEvent): Promise<InvocationOutcome>;
  /** Called, in order, with records that are through: taken by the function, or given up. */
  handled(records: readonly KinesisStreamRecord[]): void;
  /** Rejects when the destination did not take the batch. */
  discard(batch: DiscardedBatch): Promise<void>;
  /** Called with what a person should know; processing goes on. */
  problem(message: string): void;
}

/** Records that go to the function together, and what they went through together. */
interface Batch {
  records: readonly KinesisStreamRecord[];
  /** How often the function ran with exactly these records. */
  invocations: number;
  /** How often in a row they were put off. */
  delays: number;
  lastOutcome: InvocationOutcome | undefined;
}

/**
 * Takes a batch to its end: every record is handled, in order, before this resolves. A failing batch is retried,
 * split where the mapping says so, and given up to the destination when its retries or its age are exhausted.
 * When the signal aborts, it resolves with the rest not handled, so that the checkpoint stays before it.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export async function settleBatch(
  records: readonly KinesisStreamRecord[],
  processing: BatchProcessing,
): Promise<void> {
  const batches = [newBatch(records)];
  for (let batch = batches.shift(); batch; batch = batches.shift()) {
    const rest = await discardExpired(batch, processing);
    if (processing.signal.aborted) return;
    if (rest.records.length > 0) batches.unshift(...(await attempt(rest, processing)));
  }
}

/** Parts of a batch start afresh: splitting consumes no retry, and neither does a record that got through. */
function newBatch(records: readonly KinesisStreamRecord[], lastOutcome?: InvocationOutcome): Batch {
  return { records, invocations: 0, delays: 0, lastOutcome };
}

/** Invokes the function once. Returns what is left to do of these records, in order. */
async function attempt(batch: Batch, processing: BatchProcessing): Promise<Batch[]> {
  const outcome = await invoke(batch, processing);
  // Stopped meanwhile: the function may have been killed at any point, so its answer counts for nothing.
  if (processing.signal.aborted) return [];
  if (outcome === undefined) return delay(batch, processing);

  const { records } = batch;
  const verdict = judge(outcome, records, processing);
  if (verdict.kind === "success") {
    processing.handled(records);
    return [];
  }
  if (verdict.kind === "partial" && verdict.firstFailed > 0) {
    processing.handled(records.slice(0, verdict.firstFailed));
    return [newBatch(records.slice(verdict.firstFailed), outcome)];
  }
  if (verdict.kind === "failure" && processing.settings.bisectBatchOnFunctionError && records.length > 1) {
    const middle = Math.ceil(records.length / 2);
    return [newBatch(records.slice(0, middle), outcome), newBatch(records.slice(middle), outcome)];
  }
  return retry({ ...batch, invocations: batch.invocations + 1, lastOutcome: outcome }, processing);
}

/** Undefined if the function could not be run: that counts as no attempt. */
async function invoke(
  { records }: Batch,
  { invoke, problem }: BatchProcessing,
): Promise<InvocationOutcome | undefined> {
  try {
    return await invoke(lambdaEvent(records));
  } catch (error) {
    problem(`the function cannot be invoked: ${messageOf(error)}`);
    return undefined;
  }
}

function judge(
  outcome: InvocationOutcome,
  records: readonly KinesisStreamRecord[],
  { settings, problem }: BatchProcessing,
): Verdict {
  if (!outcome.ok) return { kind: "failure", reason: outcome.error.errorMessage };
  if (!settings.reportBatchItemFailures) return { kind: "success" };
  const sequenceNumbers = records.map(({ kinesis }) => kinesis.sequenceNumber);
  const verdict = readResponse(outcome.response, sequenceNumbers);
  if (verdict.kind === "failure")
    problem(`the function's response counts as a failure of its whole batch: ${verdict.reason}`);
  return verdict;
}

async function retry(batch: Batch, processing: BatchProcessing): Promise<Batch[]> {
  const { maximumRetryAttempts } = processing.settings;
  if (maximumRetryAttempts === -1 || batch.invocations <= maximumRetryAttempts)
    return delay(batch, processing);
  await discard(batch, "RetryAttemptsExhausted", processing);
  return [];
}

async function delay(batch: Batch, { clock, signal }: BatchProcessing): Promise<Batch[]> {
  const delays = batch.delays + 1;
  await clock.sleep(retryDelayMs(delays), signal);
  return [{ ...batch, delays }];
}

/** Records past the mapping's age limit are given up without another invocation; the rest is returned. */
async function discardExpired(batch: Batch, processing: BatchProcessing): Promise<Batch> {
  const { maximumRecordAgeSeconds } = processing.settings;
  if (maximumRecordAgeSeconds === -1) return batch;

  const oldest = processing.clock.now() / 1000 - maximumRecordAgeSeconds;
  const isYoung = ({ kinesis }: KinesisStreamRecord) => kinesis.approximateArrivalTimestamp >= oldest;
  const firstYoung = batch.records.findIndex(isYoung);
  const expired = firstYoung === -1 ? batch.records : batch.records.slice(0, firstYoung);
  if (expired.length > 0) await discard({ ...batch, records: expired }, "RecordAgeExceeded", processing);
  return { ...batch, records: batch.records.slice(expired.length) };
}

/** Gives records up, once the destination has them: until it does, they stay where they are. */
async function discard(
  { records, invocations: invokeCount, lastOutcome }: Batch,
  condition: DiscardedBatch["condition"],
  processing: BatchProcessing,
): Promise<void> {
  const { clock, signal, shardId } = processing;
  const batch = {
    id: randomUUID(),
    time: clock.now(),
    shardId,
    records,
    condition,
    invokeCount,
    lastOutcome,
  };
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      await processing.discard(batch);
      processing.handled(records);
      return;
    } catch (error) {
      processing.problem(`the on-failure destination does not take a batch: ${messageOf(error)}`);
      await clock.sleep(retryDelayMs(failures), signal);
    }
  }
}
