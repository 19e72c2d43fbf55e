import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError, ExitCode } from "../cli/command";
import { countOf, formatCount, paint } from "../cli/terminal";
import { type Chaos, seededChaos } from "./chaos/chaos";
import { type LocalCloud, startLocalCloud } from "./cloud";
import { type Reconciliation, readReceipts, reconcile } from "./reconciliation";
import { ignoredTypesLine, interruption, LOG_FOLDER } from "./serve";
import { StepLog } from "./step-log";
import { synthesize } from "./synthesize";

export interface StartOptions {
  port: number;
  /** Keeps the local cloud running afterwards, until Ctrl-C. */
  keep?: boolean;
  /** Prints the reconciliation as one line of JSON. */
  json?: boolean;
  /** Injects faults, decided by this seed. */
  chaosSeed?: number | undefined;
}

/** What `--json` prints; `faults` only under chaos: how often each kind struck. */
type Report = Reconciliation & { seconds: number; eventsPerSecond: number; faults?: Chaos["faults"] };

/**
 * The whole job on this machine: synthesizes the stack, runs it, produces events, waits until all are through and
 * accounts for every one.
 * @param producerArguments what the producer's own command line is given
 * @throws CommandError when a step fails, or when a record is in none of the places where it may end
 */
export async function start(options: StartOptions, producerArguments: readonly string[]): Promise<void> {
  const steps = new StepLog(process.stderr);
  const chaos = options.chaosSeed === undefined ? undefined : seededChaos(options.chaosSeed);
  if (chaos) steps.note(`chaos with seed ${options.chaosSeed}`);
  const stack = await steps.run("synthesized", synthesize, ({ name }) => `stack ${name}`);
  const problem = (message: string) => steps.note(message);
  const cloud = await steps.run(
    "local cloud",
    () =>
      startLocalCloud({
        stackFile: stack.file,
        port: options.port,
        logFolder: LOG_FOLDER,
        chaos,
        problem,
      }),
    ({ endpoint }) => endpoint,
  );
  steps.note(ignoredTypesLine(cloud));
  try {
    const report = await untilSecondInterrupt(steps, (signal) =>
      runPipeline(cloud, producerArguments, steps, chaos, signal),
    );
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else await printReport(report, cloud);
    if (options.keep) await keepRunning(cloud, steps);
    refuseLoss(report, cloud);
  } finally {
    await cloud.stop();
  }
}

/** The first Ctrl-C ends the producer, which hears it, too, and the rest is finished; the second ends everything. */
async function untilSecondInterrupt<T>(
  steps: StepLog,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const stopped = once(abort.signal, "abort").then(() => {
    throw new CommandError("stopped before everything was processed.", ExitCode.interrupted);
  });
  let interrupts = 0;
  const interrupt = () => {
    interrupts += 1;
    if (interrupts > 1) abort.abort();
    else steps.note("finishing what was produced; Ctrl-C again stops at once");
  };
  const terminate = () => abort.abort();
  process.on("SIGINT", interrupt).on("SIGTERM", terminate);
  try {
    return await Promise.race([work(abort.signal), stopped]);
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", terminate);
  }
}

async function runPipeline(
  cloud: LocalCloud,
  producerArguments: readonly string[],
  steps: StepLog,
  chaos: Chaos | undefined,
  signal: AbortSignal,
): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), "receipts-"));
  const receipts = join(folder, "receipts");
  try {
    const started = performance.now();
    const connection = ["--local", "--port", String(cloud.port), "--receipts", receipts];
    const produce = () => runCommandLine("producer/cli.ts", [...producerArguments, ...connection], signal);
    await steps.run("produced", produce, (summary) => summary.trim());
    const progress = () => countOf(cloud.handledRecords(), "record");
    await steps.run("processed", cloud.caughtUp, progress, progress);
    const seconds = (performance.now() - started) / 1000;
    chaos?.end();

    const check = async () => reconcile(cloud.clients, cloud.outputs, await readReceipts(receipts));
    const reconciliation = await steps.run("reconciled", check, ({ produced }) =>
      countOf(produced, "record"),
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

/**
 * Runs one of the project's commands as a user would, its progress on this terminal.
 * @returns what it printed to standard output
 * @throws CommandError with its exit code when it failed; it has said why itself
 */
async function runCommandLine(
  script: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const child = spawn(process.execPath, ["--import", "tsx", script, ...args], {
    stdio: ["inherit", "pipe", "inherit"],
    env: { ...process.env, COLUMNS: String(process.stdout.columns ?? "") },
    ...(signal && { signal }),
  });
  child.on("error", () => undefined);
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const [exitCode] = await once(child, "close");
  if (exitCode === ExitCode.ok || exitCode === ExitCode.rejects) return printed;
  throw new CommandError(`${script} ended with exit code ${exitCode}.`, exitCode ?? ExitCode.failed);
}

async function printReport(
  { seconds, eventsPerSecond, faults, ...reconciliation }: Report,
  cloud: LocalCloud,
): Promise<void> {
  const lines = Object.entries(reconciliation).map(([name, count]) => {
    const isBad = count > 0 && ["failed", "lost", "duplicates"].includes(name);
    return `  ${name.padEnd(12)}${paint(process.stdout, isBad ? "red" : "bold", formatCount(count).padStart(10))}`;
  });
  process.stdout.write(`\n${lines.join("\n")}\n\n`);
  process.stdout.write(
    `  ${seconds.toFixed(1)} s from end to end, ${formatCount(eventsPerSecond)} events per second\n\n`,
  );
  if (faults) process.stdout.write(`${faultsTable(faults)}\n\n`);
  process.stdout.write("The newest records of the table:\n");
  process.stdout.write(
    await runCommandLine("operator/explore.ts", ["--local", "--port", String(cloud.port)]),
  );
}

function faultsTable(faults: Chaos["faults"]): string {
  const lines = Object.entries(faults).map(
    ([kind, count]) => `  ${kind.padEnd(20)}${formatCount(count).padStart(6)}`,
  );
  return `Faults survived:\n${lines.join("\n")}`;
}

async function keepRunning({ endpoint }: LocalCloud, steps: StepLog): Promise<void> {
  steps.note(`the local cloud goes on at ${endpoint}; Ctrl-C ends it`);
  await interruption();
}

function refuseLoss({ lost, duplicates }: Report, { logFiles }: LocalCloud): void {
  if (lost === 0 && duplicates === 0) return;
  const log = `the function's log is ${logFiles.join(", ")}`;
  if (lost > 0)
    throw new CommandError(
      `${countOf(lost, "record")} of those that Kinesis acknowledged cannot be found; ${log}`,
    );
  throw new CommandError(`${countOf(duplicates, "item")} stand in the table more than once; ${log}`);
}
