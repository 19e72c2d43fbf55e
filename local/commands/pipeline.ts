import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError, ExitCode } from "../../shared/errors";
import { listenForInterruption } from "../../shared/interruption";
import { countOf } from "../../shared/terminal";
import type { Chaos } from "../chaos/chaos";
import type { LocalCloud } from "../cloud/local-cloud";
import { type Reconciliation, readReceipts, reconcile } from "./reconciliation";
import { runScript } from "./run-script";
import { type StepLog, UNDER_WAY } from "./step-log";

/** The result of a run, as `--json` prints it. It has `faults`, how often each kind struck, only under chaos. */
export type PipelineReport = Reconciliation & {
  seconds: number;
  eventsPerSecond: number;
  faults?: Chaos["faults"];
};

/** A run of the pipeline in a local cloud. */
export interface PipelineRun {
  cloud: LocalCloud;
  /** Options of the producer's command line. */
  producerArguments: readonly string[];
  steps: StepLog;
  /** Ended before the reconciliation, which no fault may strike. */
  chaos?: Chaos | undefined;
  /** Called when the producer has started, with its process and the file of its receipts. */
  onProducing?: (producer: ChildProcess, receiptsFile: string) => void;
}

/**
 * Produces, waits until every record is processed, and accounts for all of them. The first Ctrl-C ends only the
 * producer, which receives it too: what was produced is still processed. The second ends everything.
 * @throws CommandError when the producer fails, or with the second Ctrl-C
 */
export async function runPipeline(run: PipelineRun): Promise<PipelineReport> {
  let isDone = false;
  const { abort } = listenForInterruption(() => {
    if (!isDone) run.steps.note("processing what was produced; press Ctrl-C again to stop at once");
  });
  const stopped = once(abort, "abort").then(() => {
    throw new CommandError("stopped before everything was processed", ExitCode.interrupted);
  });
  return Promise.race([produceAndReconcile(run, abort), stopped]).finally(() => {
    isDone = true;
  });
}

/**
 * Fails a run that lost a record, or that left items in the table that no record accounts for.
 * @throws CommandError with their number, and the path of the function's log
 */
export function assertNothingLost({ lost, duplicates }: PipelineReport, { logFiles }: LocalCloud): void {
  if (lost === 0 && duplicates === 0) return;
  const log = `the function's log is ${logFiles.join(", ")}`;
  if (lost > 0)
    throw new CommandError(`${countOf(lost, "record")} that Kinesis acknowledged cannot be found; ${log}`);
  throw new CommandError(
    `the table has ${countOf(duplicates, "item")} that no record on the stream accounts for; ${log}`,
  );
}

async function produceAndReconcile(
  { cloud, producerArguments, steps, chaos, onProducing }: PipelineRun,
  signal: AbortSignal,
): Promise<PipelineReport> {
  const folder = await mkdtemp(join(tmpdir(), "receipts-"));
  const receipts = join(folder, "receipts");
  try {
    const started = performance.now();
    const connection = ["--local", "--port", String(cloud.port), "--receipts", receipts];
    const produce = () =>
      runScript("producer/cli.ts", [...producerArguments, ...connection], {
        signal,
        onStarted: (producer) => onProducing?.(producer, receipts),
      });
    await steps.run("produced", produce, (summary) => summary.trim());
    const progress = () => countOf(cloud.handledRecords(), "record");
    await steps.run("processed", cloud.caughtUp, progress, progress);
    const seconds = (performance.now() - started) / 1000;
    chaos?.end();

    const check = async () => reconcile(cloud.clients, cloud.outputs, await readReceipts(receipts));
    const reconciliation = await steps.run(
      "reconciled",
      check,
      ({ produced }) => countOf(produced, "record"),
      UNDER_WAY,
    );
    return {
      ...reconciliation,
      seconds: Math.round(seconds * 1000) / 1000,
      eventsPerSecond: Math.round(reconciliation.produced / seconds),
      ...(chaos && { faults: chaos.faults }),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
