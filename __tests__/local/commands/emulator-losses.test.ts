import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { type RunningEntryPoint, startEntryPoint } from "../../support/entry-point";
import { until } from "../../support/moment";
import { childNamed, childrenOf } from "../../support/processes";
import { isRunning } from "../../support/sandboxed-function";

const PROJECT = join(__dirname, "../../..");

const runs: RunningEntryPoint[] = [];

afterEach(() => {
  for (const { process } of runs.splice(0)) process.kill("SIGKILL");
});

/** The id of a child process, as soon as there is one whose command line matches. */
async function childOf({ process: parent }: RunningEntryPoint, pattern: RegExp): Promise<number> {
  let child: number | undefined;
  await until(() => {
    child = childNamed(parent.pid ?? 0, pattern);
    return child !== undefined;
  });
  return child ?? 0;
}

describe("An emulator that is killed", () => {
  it.each([
    ["npm run local", ["serve", "--port", "0"], "local cloud http", /emulator-process\.mjs dynamodb /],
    ["npm start", ["start", "--port", "0", "--count", "1000000"], "local cloud http", /producer\/cli\.ts/],
  ])("ends %s at once with its own sentence, and every process", async (_name, args, started, lastChild) => {
    const run = startEntryPoint("local/cli.ts", args, { cwd: PROJECT });
    runs.push(run);
    await until(() => run.stderr().includes(started));
    await childOf(run, lastChild);
    const children = [...childrenOf(run.process.pid ?? 0).keys()];

    process.kill(await childOf(run, /emulator-process\.mjs kinesis /), "SIGKILL");
    const { exitCode, stderr } = await run.ended;
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^error: the kinesis emulator ended by signal SIGKILL, and what it held is lost; .*\n/m,
    );
    expect(stderr).not.toMatch(/^ +at /m);
    await until(() => !children.some(isRunning));
  });
});
