import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError, ExitCode } from "../../shared/errors";
import { type Interruption, listenForInterruption } from "../../shared/interruption";
import { countOf } from "../../shared/terminal";
import type { LocalCloud } from "../cloud/local-cloud";
import { watchProgress } from "./progress-watch";
import { readReceipts, receiptsSoFar } from "./reconciliation/receipts";
import { type Reconciliation, reconcile } from "./reconciliation/reconciliation";
import { describeSummary, type ProducerSummary, runProducer } from "./run-producer";
import type { RunningStack } from "./start-stack";
import { type StepLog, UNDER_WAY } from "./step-log";
import { isLatin1Post } from "./under-chaos/latin1-post";
import { putBackCorrected } from "./under-chaos/put-back-corrected";
import { withLatin1Client } from "./under-chaos/with-latin1-client";
import { type PipelineReport, verdict } from "./verdict";

/** A run of the pipeline in a local cloud. Chaos ends before the reconciliation, which no fault may strike. */
export interface PipelineRun extends RunningStack {
  /** Options of the producer's command line. */
  producerArguments: readonly string[];
  steps: StepLog;
  /**
   * Whether bytes that can never be an item were put on the stream on purpose, so that the function must reject them.
   * Defaults to none: what the producer accepts, the function must store.
   */
  mayBeRejected?: (data: Uint8Array) => boolean;
  /** Called when the producer has started, with its process and the file of its receipts. */
  onProducing?: (producer: ChildProcess, receiptsFile: string) => void;
}

/** What a run did, and an error that says in which ways it did not prove what it must. */
export interface PipelineResult {
  report: PipelineReport;
  verdict: CommandError | undefined;
}

/**
 * Produces, waits until every record is handled, and accounts for all of them. The first Ctrl-C ends only the producer:
 * what was produced is still handled. The second ends everything.
 * @throws CommandError when the producer fails, no progress is made, or the cloud cannot continue, and with the second
 *   Ctrl-C
 */
export async function runPipeline(run: PipelineRun): Promise<PipelineResult> {
  let isDone = false;
  const interruption = listenForInterruption(() => {
    if (!isDone) run.steps.note("processing what was produced; press Ctrl-C again to stop at once");
  });
  const stopped = once(interruption.abort, "abort").then(() => {
    throw new CommandError("stopped before everything was processed", ExitCode.interrupted);
  });
  const folder = await mkdtemp(join(tmpdir(), "receipts-"));
  try {
    const receiptsFile = join(folder, "receipts");
    const work = produceAndReconcile(run, receiptsFile, interruption);
    return await Promise.race([work, stopped, run.cloud.failure]);
  } finally {
    isDone = true;
    await rm(folder, { recursive: true, force: true });
  }
}

async function produceAndReconcile(
  run: PipelineRun,
  receiptsFile: string,
  interruption: Interruption,
): Promise<PipelineResult> {
  const { cloud, chaos, steps, mayBeRejected = () => false } = run;
  const started = performance.now();
  const summary = await produceAll(run, receiptsFile, interruption);
  await handleAll(run);
  const seconds = (performance.now() - started) / 1000;
  await chaos?.end();

  const acknowledged = await readAllReceipts(run, receiptsFile, summary);
  const isRejectable = (data: Uint8Array) =>
    mayBeRejected(data) || (chaos !== undefined && isLatin1Post(data));
  const reconciliation = await steps.run(
    "reconciled",
    () => account(cloud, acknowledged, isRejectable),
    ({ counts }) => countOf(counts.produced, "record"),
    UNDER_WAY,
  );
  const report: PipelineReport = {
    ...reportCounts(reconciliation, summary),
    seconds: Math.round(seconds * 1000) / 1000,
    eventsPerSecond: Math.round(reconciliation.counts.produced / seconds),
    ...(chaos && { faults: { ...chaos.faults } }),
  };
  const judgement = judge(run, report, reconciliation, summary);
  if (!chaos || report.rejected === 0 || (judgement && judgement.exitCode !== ExitCode.rejects))
    return { report, verdict: judgement };
  return { report, verdict: (await putBack(run, report, summary)) ?? judgement };
}

/** The counts of a report, in its order. */
function reportCounts({ counts }: Reconciliation, summary: ProducerSummary) {
  return {
    produced: counts.produced,
    stored: counts.stored,
    rejected: counts.rejected,
    rejectedLines: summary.rejected,
    failed: counts.failed,
    lost: counts.lost,
    different: counts.different,
    stray: counts.stray,
    duplicates: counts.duplicates,
  };
}

function judge(
  { problems, cloud }: PipelineRun,
  report: PipelineReport,
  { counts, ...explanation }: Reconciliation,
  { rejectsFile }: ProducerSummary,
): CommandError | undefined {
  return verdict(report, {
    ...explanation,
    rejectsFile,
    problems: problems.since(0),
    logFiles: cloud.logFiles,
  });
}

/**
 * Puts what the function rejected under chaos back, corrected, and accounts for everything once more: now nothing that
 * could be corrected may be rejected.
 * @returns an error that says in which ways that did not succeed
 */
async function putBack(
  run: PipelineRun,
  report: PipelineReport,
  summary: ProducerSummary,
): Promise<CommandError | undefined> {
  const { cloud, steps, mayBeRejected = () => false } = run;
  const redrive = async () => {
    const { correctedRecords, mustBeAccountedFor } = await putBackCorrected(cloud, () =>
      watch(run, cloud.caughtUp),
    );
    return { correctedRecords, reconciliation: await account(cloud, mustBeAccountedFor, mayBeRejected) };
  };
  const { reconciliation } = await steps.run(
    "put back",
    redrive,
    ({ correctedRecords }) => `${countOf(correctedRecords, "rejected record")}, corrected`,
    UNDER_WAY,
  );
  const after = { ...report, ...reportCounts(reconciliation, { ...summary, rejected: 0 }) };
  const error = judge(run, after, reconciliation, summary);
  return (
    error && new CommandError(`after what was rejected had been put back: ${error.message}`, error.exitCode)
  );
}

/** Produces, and under chaos lets a broken client put posts beside the producer. */
function produceAll(
  run: PipelineRun,
  receiptsFile: string,
  interruption: Interruption,
): Promise<ProducerSummary> {
  const { cloud, chaos, steps } = run;
  const producing = () => produce(run, receiptsFile, interruption);
  if (!chaos) return producing();
  const chaosRun = {
    cloud,
    chaos,
    steps,
    isProducing: async () => (await receiptsSoFar(receiptsFile)) > 0,
    receiptsFile: latin1Receipts(receiptsFile),
    signal: interruption.stop,
  };
  return withLatin1Client(chaosRun, producing);
}

async function produce(
  { producerArguments, onProducing, ...run }: PipelineRun,
  receiptsFile: string,
  { stop, abort }: Interruption,
): Promise<ProducerSummary> {
  const { cloud, steps } = run;
  const args = [...producerArguments, "--local", "--port", String(cloud.port), "--receipts", receiptsFile];
  const isWaiting = async () => (await receiptsSoFar(receiptsFile)) > cloud.handledRecords();
  return whileProgressing(run, isWaiting, (kill) => {
    const onStarted = (producer: ChildProcess) => onProducing?.(producer, receiptsFile);
    const options = { terminate: [stop, abort], kill, onStarted };
    return steps.run("produced", () => runProducer(args, options), describeSummary);
  });
}

/** Waits until everything on the stream is handled. */
async function handleAll(run: PipelineRun): Promise<void> {
  const { cloud, steps } = run;
  const progress = () => countOf(cloud.handledRecords(), "record");
  await watch(run, () => steps.run("processed", cloud.caughtUp, progress, progress));
}

/** Waits for something that must come, unless the pipeline makes no progress. */
async function watch(run: PipelineRun, work: () => Promise<unknown>): Promise<void> {
  await whileProgressing(run, async () => true, work);
}

/** Works until it is done. @throws CommandError if the pipeline makes no progress; then the work's signal aborts */
async function whileProgressing<T>(
  { cloud, chaos, problems, steps }: Omit<PipelineRun, "producerArguments">,
  isWaiting: () => Promise<boolean>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const working = work(ended.signal);
  const watched = {
    handled: cloud.handledRecords,
    isWaiting,
    problems,
    restMs: Math.max(0, ...cloud.mappings.map(({ batchWindowSeconds }) => batchWindowSeconds * 1000)),
    isUnderChaos: chaos !== undefined,
    onSilence: (message: string) => steps.note(message),
  };
  try {
    const watching = isBeingDebugged() ? [] : [watchProgress(watched, ended.signal)];
    await Promise.race([working, cloud.failure, ...watching]);
    return await working;
  } finally {
    ended.abort();
  }
}

/** A breakpoint in the function may stop it for as long as the user likes. */
function isBeingDebugged(): boolean {
  return process.env.VSCODE_INSPECTOR_OPTIONS !== undefined;
}

/** @throws CommandError if the producer counts other records than it has receipts for */
async function readAllReceipts(
  { chaos }: PipelineRun,
  receiptsFile: string,
  summary: ProducerSummary,
): Promise<Set<string>> {
  const acknowledged = await readReceipts(receiptsFile);
  if (acknowledged.size !== summary.acknowledged)
    throw new CommandError(
      `the producer counts ${countOf(summary.acknowledged, "acknowledged record")}, but has receipts for ${countOf(acknowledged.size, "record")}`,
    );
  const latin1 = chaos ? await readReceipts(latin1Receipts(receiptsFile)) : [];
  return new Set([...acknowledged, ...latin1]);
}

function latin1Receipts(receiptsFile: string): string {
  return `${receiptsFile}-latin-1`;
}

function account(
  cloud: LocalCloud,
  acknowledged: ReadonlySet<string>,
  mayBeRejected: (data: Uint8Array) => boolean,
): Promise<Reconciliation> {
  const { clients, outputs } = cloud;
  return reconcile({ clients, outputs, timeToLiveDays: timeToLiveDays(cloud), acknowledged, mayBeRejected });
}

/** What the stack declares, in the function's environment. */
function timeToLiveDays({ functions }: LocalCloud): number {
  return Number(functions.map(({ environment }) => environment.TIME_TO_LIVE_DAYS ?? 0)[0] ?? 0);
}
