import { formatCount, paint } from "../../shared/terminal";
import type { LocalCloud } from "../cloud/local-cloud";
import { runPipeline } from "./pipeline";
import { runScript } from "./run-script";
import { type StartStackOptions, startStack } from "./start-stack";
import { StepLog } from "./step-log";
import { untilStopped } from "./until-stopped";
import type { PipelineReport } from "./verdict";

export interface StartOptions extends StartStackOptions {
  /** Keeps the local cloud running after the run, until Ctrl-C. */
  keep?: boolean;
  /** Prints the reconciliation as one line of JSON. */
  json?: boolean;
}

/**
 * Runs the whole pipeline on this machine: synthesizes the stack, starts it, produces events, waits until they are
 * processed and accounts for every one.
 * @param producerArguments options of the producer's command line
 * @throws CommandError when a step fails, or with what the reconciliation found
 */
export async function start(options: StartOptions, producerArguments: readonly string[]): Promise<void> {
  const steps = new StepLog(process.stderr);
  const stack = await startStack(options, steps);
  const { cloud } = stack;
  try {
    const isRaw = producerArguments.includes("--raw");
    const { report, verdict } = await runPipeline({
      ...stack,
      producerArguments,
      steps,
      // With --raw the producer puts each line on the stream as it is, without a look at it.
      mayBeRejected: () => isRaw,
    });
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else await printReport(report, cloud);
    if (options.keep) await keepRunning(cloud, steps);
    if (verdict) throw verdict;
  } finally {
    await cloud.stop();
  }
}

async function printReport(
  { seconds, eventsPerSecond, faults, ...reconciliation }: PipelineReport,
  cloud: LocalCloud,
): Promise<void> {
  const lines = Object.entries(reconciliation).map(([name, count]) => {
    const isBad = count > 0 && !["produced", "stored", "rejected"].includes(name);
    return `  ${name.padEnd(14)}${paint(process.stdout, isBad ? "red" : "bold", formatCount(count).padStart(10))}`;
  });
  process.stdout.write(`\n${lines.join("\n")}\n\n`);
  process.stdout.write(
    `  ${seconds.toFixed(1)} s from end to end, ${formatCount(eventsPerSecond)} events per second\n\n`,
  );
  if (faults) process.stdout.write(`${faultsTable(faults)}\n\n`);
  process.stdout.write("The newest records of the table:\n");
  process.stdout.write(await runScript("operator/explore/cli.ts", ["--local", "--port", String(cloud.port)]));
}

function faultsTable(faults: Readonly<Record<string, number>>): string {
  const lines = Object.entries(faults).map(
    ([kind, count]) => `  ${kind.padEnd(20)}${formatCount(count).padStart(6)}`,
  );
  return `Faults survived:\n${lines.join("\n")}`;
}

async function keepRunning(cloud: LocalCloud, steps: StepLog): Promise<void> {
  steps.note(`the local cloud is still running at ${cloud.endpoint}; press Ctrl-C to stop it`);
  await untilStopped(cloud);
}
