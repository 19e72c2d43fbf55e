import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { type RunningEntryPoint, runEntryPoint, startEntryPoint } from "../../support/entry-point";
import { until } from "../../support/moment";
import { childNamed, childrenOf } from "../../support/processes";
import { isRunning } from "../../support/sandboxed-function";
import { temporaryDirectory } from "../../support/temporary-directory";

const PROJECT = join(__dirname, "../../..");

const runs: RunningEntryPoint[] = [];

afterEach(() => {
  for (const { process } of runs.splice(0)) process.kill("SIGKILL");
});

/** Runs `npm run local` with a folder of its own for temporary files. */
function serve(): RunningEntryPoint & { folder: string; temporaryFiles(): string[] } {
  const folder = temporaryDirectory();
  const run = startEntryPoint("local/cli.ts", ["serve", "--port", "0"], {
    cwd: PROJECT,
    env: { TMPDIR: folder },
  });
  runs.push(run);
  // The loader of TypeScript keeps a cache.
  const temporaryFiles = () => readdirSync(folder).filter((name) => !name.startsWith("tsx-"));
  return { ...run, folder, temporaryFiles };
}

describe("A local cloud that is killed", () => {
  it("by SIGKILL leaves no process, neither emulator nor function, and no emulator's files", async () => {
    const run = serve();
    const parent = run.process.pid ?? 0;
    await until(() => run.stderr().includes("local cloud http"));
    const [, port = ""] = /127\.0\.0\.1:(\d+)/.exec(run.stderr()) ?? [];
    const args = ["--local", "--port", port, "--source", "sample", "--count", "1"];
    const produce = { cwd: PROJECT, env: { TMPDIR: run.folder } };
    expect(await runEntryPoint("producer/cli.ts", args, produce)).toMatchObject({ exitCode: 0 });
    await until(() => childNamed(parent, /function-runtime\.mjs/) !== undefined);
    const children = [...childrenOf(parent).keys()];

    run.process.kill("SIGKILL");
    await run.ended;
    await until(() => !children.some(isRunning));
    expect(run.temporaryFiles().filter((name) => name.startsWith("local-cloud-"))).toEqual([]);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "by %s while the stack is synthesized leaves no process and no file",
    async (signal) => {
      const run = serve();
      const parent = run.process.pid ?? 0;
      await until(() => childNamed(parent, /main\.ts/) !== undefined);
      const children = [...childrenOf(parent).keys()];

      run.process.kill(signal);
      expect(await run.ended).toMatchObject({ exitCode: 130 });
      await until(() => !children.some(isRunning));
      expect(run.temporaryFiles()).toEqual([]);
    },
  );

  it("by Ctrl-C while the emulators start leaves no process and no file", async () => {
    const run = serve();
    const parent = run.process.pid ?? 0;
    await until(() => childNamed(parent, /emulator-process\.mjs kinesis/) !== undefined);
    const children = [...childrenOf(parent).keys()];

    run.process.kill("SIGINT");
    expect(await run.ended).toMatchObject({ exitCode: 130 });
    await until(() => !children.some(isRunning));
    await until(() => run.temporaryFiles().length === 0);
  });
});
