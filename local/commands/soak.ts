import { type Clock, systemClock } from "../../shared/clock";
import type { LocalCloud } from "../cloud/local-cloud";
import { runPipeline } from "./pipeline";
import { receiptsSoFar } from "./reconciliation/receipts";
import { residentMemory } from "./resident-memory";
import { growthTable, type Measurement, mapWatched, measurementHeader, measurementLine } from "./soak-report";
import { type StartStackOptions, startStack } from "./start-stack";
import { StepLog } from "./step-log";

export interface SoakOptions extends StartStackOptions {
  minutes: number;
  /** Records a second. */
  rate: number;
}

/**
 * Runs the pipeline under chaos for a while. Every ten seconds it prints the progress, how far the function is behind,
 * and how much memory every process uses; at the end, how much their memory grew, and the reconciliation.
 * @throws CommandError when a step fails, or with what the reconciliation found; the memory is for the reader to judge
 */
export async function soak({ minutes, rate, ...options }: SoakOptions): Promise<void> {
  const steps = new StepLog(process.stderr);
  const stack = await startStack(options, steps);
  const { cloud } = stack;
  const measurements: Measurement[] = [];
  const end = new AbortController();
  try {
    const count = Math.round(minutes * 60 * rate);
    process.stdout.write(`\n${measurementHeader()}\n`);
    const { report, verdict } = await runPipeline({
      ...stack,
      steps,
      producerArguments: ["--source", "sample", "--rate", String(rate), "--count", String(count)],
      onProducing: (producer, receiptsFile) => {
        void measureRegularly(
          (seconds) => measure(cloud, seconds, producer.pid, receiptsFile),
          (measurement) => {
            measurements.push(measurement);
            process.stdout.write(`${measurementLine(measurement)}\n`);
          },
          end.signal,
        );
      },
    });
    process.stdout.write(`\n${growthTable(measurements)}\n\n${JSON.stringify(report)}\n`);
    if (verdict) throw verdict;
  } finally {
    end.abort();
    await cloud.stop();
  }
}

/** Measures every ten seconds until the signal aborts. */
export async function measureRegularly(
  measure: (seconds: number) => Promise<Measurement>,
  onMeasured: (measurement: Measurement) => void,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  const startMs = clock.now();
  for (let count = 1; !signal.aborted; count += 1) {
    await clock.sleep(startMs + count * INTERVAL_MS - clock.now(), signal);
    if (signal.aborted) return;
    onMeasured(await measure((clock.now() - startMs) / 1000));
  }
}

const INTERVAL_MS = 10_000;

async function measure(
  cloud: LocalCloud,
  seconds: number,
  producer: number | undefined,
  receiptsFile: string,
): Promise<Measurement> {
  const processes = {
    producer: producer === undefined ? [] : [producer],
    function: cloud.functionProcesses(),
    kinesis: [cloud.emulatorProcesses.kinesis],
    dynamodb: [cloud.emulatorProcesses.dynamodb],
    s3: [cloud.emulatorProcesses.s3],
    cloud: [process.pid],
  };
  const memory = await residentMemory(Object.values(processes).flat());
  const together = (pids: readonly number[]) => {
    const values = pids.flatMap((pid) => memory.get(pid) ?? []);
    return values.length === 0 ? undefined : values.reduce((sum, bytes) => sum + bytes, 0);
  };
  return {
    seconds,
    produced: await receiptsSoFar(receiptsFile),
    handled: cloud.handledRecords(),
    bytes: mapWatched((name) => together(processes[name])),
  };
}
