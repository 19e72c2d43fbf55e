import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { formatCount } from "../../shared/terminal";
import type { LocalCloud } from "../cloud/local-cloud";
import { runPipeline } from "./pipeline";
import { receiptsSoFar } from "./reconciliation/receipts";
import { type StartStackOptions, startStack } from "./start-stack";
import { StepLog } from "./step-log";

export interface SoakOptions extends StartStackOptions {
  minutes: number;
  /** Records a second. */
  rate: number;
}

/**
 * Runs the pipeline under chaos for a while. Every ten seconds it prints the progress, how far the function is behind,
 * and how much memory the producer and the function use; at the end, the reconciliation.
 * @throws CommandError when a step fails, or with what the reconciliation found
 */
export async function soak({ minutes, rate, ...options }: SoakOptions): Promise<void> {
  const steps = new StepLog(process.stderr);
  const stack = await startStack(options, steps);
  const { cloud } = stack;
  const measurements: Measurement[] = [];
  let timer: NodeJS.Timeout | undefined;
  try {
    const count = Math.round(minutes * 60 * rate);
    process.stdout.write(HEADER);
    const { report, verdict } = await runPipeline({
      ...stack,
      steps,
      producerArguments: ["--source", "sample", "--rate", String(rate), "--count", String(count)],
      onProducing: (producer, receiptsFile) => {
        const started = performance.now();
        timer = setInterval(async () => {
          const seconds = (performance.now() - started) / 1000;
          measurements.push(await measure(cloud, seconds, producer.pid, receiptsFile));
          process.stdout.write(lineOf(measurements.at(-1)));
        }, INTERVAL_MS);
      },
    });
    process.stdout.write(`\n${growth(measurements)}\n${JSON.stringify(report)}\n`);
    if (verdict) throw verdict;
  } finally {
    clearInterval(timer);
    await cloud.stop();
  }
}

const INTERVAL_MS = 10_000;

/** The state of the run at one moment. */
interface Measurement {
  seconds: number;
  produced: number;
  handled: number;
  /** Resident memory of the processes, in bytes; undefined where it cannot be read. */
  producerBytes: number | undefined;
  functionBytes: number | undefined;
}

async function measure(
  cloud: LocalCloud,
  seconds: number,
  producer: number | undefined,
  receiptsFile: string,
): Promise<Measurement> {
  return {
    seconds,
    produced: await receiptsSoFar(receiptsFile),
    handled: cloud.handledRecords(),
    producerBytes: await residentBytes(producer === undefined ? [] : [producer]),
    functionBytes: await residentBytes(cloud.functionProcesses()),
  };
}

const run = promisify(execFile);

/** The memory that processes use together, in bytes, as `ps` reports it; undefined where it does not. */
async function residentBytes(processes: readonly number[]): Promise<number | undefined> {
  if (processes.length === 0) return undefined;
  const { stdout } = await run("ps", ["-o", "rss=", "-p", processes.join(",")]).catch(() => ({ stdout: "" }));
  const kilobytes = stdout.trim().split(/\s+/).map(Number);
  return stdout === "" ? undefined : kilobytes.reduce((sum, each) => sum + each, 0) * 1024;
}

const HEADER = "\n  seconds   produced    handled     lag   producer   function\n";

function lineOf(measurement: Measurement | undefined): string {
  if (!measurement) return "";
  const { seconds, produced, handled, producerBytes, functionBytes } = measurement;
  // A record that is on the stream twice because an answer was lost is handled twice.
  const lag = Math.max(0, produced - handled);
  const columns = [
    seconds.toFixed(0).padStart(9),
    formatCount(produced).padStart(11),
    formatCount(handled).padStart(11),
    formatCount(lag).padStart(8),
    megabytes(producerBytes).padStart(11),
    megabytes(functionBytes).padStart(11),
  ];
  return `${columns.join("")}\n`;
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? "-" : `${Math.round(bytes / 2 ** 20)} MB`;
}

/** The peak memory of the first and of the second half of the run; a leak shows as growth. */
function growth(measurements: readonly Measurement[]): string {
  const middle = Math.ceil(measurements.length / 2);
  const most = (half: readonly Measurement[], key: "producerBytes" | "functionBytes") =>
    megabytes(half.length === 0 ? undefined : Math.max(...half.map((measurement) => measurement[key] ?? 0)));
  const line = (name: string, key: "producerBytes" | "functionBytes") =>
    `  ${name}: peak memory ${most(measurements.slice(0, middle), key)} in the first half, ${most(measurements.slice(middle), key)} in the second`;
  return [line("producer", "producerBytes"), line("function", "functionBytes")].join("\n");
}
