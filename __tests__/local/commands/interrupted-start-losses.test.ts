import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { type RunningEntryPoint, startEntryPoint } from "../../support/entry-point";
import { descendantsOf, isRunning, type RunningProcess, until } from "../../support/process-tree";
import { reportCounts } from "../../support/report-counts";

const PROJECT = join(__dirname, "../../..");

jest.setTimeout(60_000);

let started: number[] = [];

// A test that fails must not leave behind what it looks for.
afterEach(async () => {
  for (const pid of started) if (await isRunning(pid)) process.kill(pid, "SIGKILL");
  started = [];
});

/**
 * Starts `npm start` with a producer that takes hours, and waits until the function has records.
 * @param batching settings of the batches; by default the function gets each record at once
 */
async function startLongRun(
  batching: Record<string, string> = { STREAM_PROCESSING_BATCH_WINDOW_SECONDS: "0" },
): Promise<{ run: RunningEntryPoint; pid: number; processes: RunningProcess[] }> {
  const args = ["start", "--port", "0", "--rate", "500", "--count", "10000000", "--json"];
  const run = startEntryPoint("local/cli.ts", args, { cwd: PROJECT, env: batching });
  const pid = run.process.pid ?? 0;
  let processes: RunningProcess[] = [];
  await until(async () => {
    processes = await descendantsOf(pid);
    started = [pid, ...processes.map((each) => each.pid)];
    return processes.some(({ command }) => command.includes("function-runtime"));
  });
  return { run, pid, processes };
}

/** The names of the scripts that processes run. */
function scripts(processes: readonly RunningProcess[]): string[] {
  return [
    ...new Set(
      processes.flatMap(
        ({ command }) => /[\w-]+(\/cli)?\.m?[jt]s\b.*/.exec(command)?.[0].split(" -")[0] ?? [],
      ),
    ),
  ];
}

describe("npm start that is killed", () => {
  it("leaves no process behind", async () => {
    const { run, processes } = await startLongRun();
    const names = scripts(processes);
    for (const name of ["producer/cli.ts", "function-runtime.mjs", "emulator-process.mjs kinesis"])
      expect(names.filter((command) => command.startsWith(name))).toHaveLength(1);

    run.process.kill("SIGKILL");
    await run.ended;
    await until(async () => {
      const running = await Promise.all(processes.map(({ pid }) => isRunning(pid)));
      return !running.includes(true);
    });
  });
});

describe("npm start that gets SIGTERM, which nobody sends to its producer", () => {
  it("ends the producer, and accounts for what was produced", async () => {
    const { run } = await startLongRun();
    run.process.kill("SIGTERM");
    const { stdout, stderr, exitCode } = await run.ended;
    expect(stderr).toContain("processing what was produced");
    const { seconds: _, eventsPerSecond: __, ...counts } = JSON.parse(stdout);
    expect(counts.produced).toBeGreaterThan(0);
    expect(counts.produced).toBeLessThan(10_000_000);
    expect(counts).toEqual(reportCounts(counts.produced));
    expect(exitCode).toBe(0);
  });

  it("ends everything at once with the second", async () => {
    // The last records wait for a minute, so that the first signal does not end the run.
    const { run, processes } = await startLongRun({
      STREAM_PROCESSING_BATCH_WINDOW_SECONDS: "60",
      STREAM_PROCESSING_BATCH_SIZE: "500",
    });
    run.process.kill("SIGTERM");
    await until(() => run.stderr().includes("processing what was produced"));
    // Two signals within half a second count as one.
    await setTimeout(600);
    run.process.kill("SIGTERM");
    const { stderr, exitCode } = await run.ended;
    expect({ stderr: stderr.includes("stopped before everything"), exitCode }).toEqual({
      stderr: true,
      exitCode: 130,
    });
    await until(async () => {
      const running = await Promise.all(processes.map(({ pid }) => isRunning(pid)));
      return !running.includes(true);
    });
  });
});
