import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as v from "valibot";
import { CommandError, ExitCode } from "../../shared/errors";
import { INTERRUPTIONS } from "../../shared/interruption";

/** A synthesized stack in a folder of its own, so that several local clouds can run at the same time. */
export interface SynthesizedStack {
  name: string;
  /** Path of the `cdk.tf.json`. */
  file: string;
}

const ProjectFile = v.object({ app: v.string(), context: v.optional(v.record(v.string(), v.unknown()), {}) });

/**
 * Runs the app of cdktf.json as `cdktf synth` does, without starting the whole CLI. The output is deleted when this
 * process ends. Under a debugger (VS Code sets VSCODE_INSPECTOR_OPTIONS) the functions have source maps.
 * @throws CommandError when the app fails, with what it printed, or when it has more than one stack
 */
export async function synthesize(): Promise<SynthesizedStack> {
  const { app, context } = v.parse(ProjectFile, JSON.parse(await readFile("cdktf.json", "utf8")));
  const folder = await mkdtemp(join(tmpdir(), "synthesized-"));
  atExit(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const sourceMaps = process.env.VSCODE_INSPECTOR_OPTIONS ? { sourceMaps: true } : {};
  await runApp(app, { ...context, ...sourceMaps }, folder);
  return onlyStack(folder);
}

/** Runs when this process ends, also by a signal that nothing else handles. */
function atExit(cleanUp: () => void): void {
  process.once("exit", cleanUp);
  for (const signal of INTERRUPTIONS) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(ExitCode.interrupted);
    });
  }
}

async function runApp(app: string, context: object, folder: string): Promise<void> {
  const child = spawn(app, {
    shell: true,
    env: { ...process.env, CDKTF_CONTEXT_JSON: JSON.stringify(context), CDKTF_OUTDIR: folder },
    stdio: ["ignore", "ignore", "pipe"],
    // A process group of its own, so that all of it can be ended.
    detached: process.platform !== "win32",
  });
  const endApp = () => kill(child);
  process.prependOnceListener("exit", endApp);
  const [printed, [exitCode]] = await Promise.all([text(child.stderr), once(child, "close")]);
  process.off("exit", endApp);
  if (exitCode !== 0)
    throw new CommandError(
      `the stack cannot be synthesized (${app}).\n${printed.trim()}`,
      exitCode === ExitCode.usage ? ExitCode.usage : ExitCode.failed,
    );
}

/** Ends the app with every process that it has started, so that none writes to a folder that is being deleted. */
function kill(app: ChildProcess): void {
  if (app.pid === undefined) return;
  if (process.platform === "win32") app.kill();
  else process.kill(-app.pid, "SIGKILL");
}

const Manifest = v.object({
  stacks: v.record(v.string(), v.object({ synthesizedStackPath: v.string() })),
});

async function onlyStack(folder: string): Promise<SynthesizedStack> {
  const { stacks } = v.parse(Manifest, JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")));
  const [stack, ...others] = Object.entries(stacks);
  if (!stack || others.length > 0)
    throw new CommandError(`the app has ${Object.keys(stacks).length} stacks; the local cloud runs one`);
  const [name, { synthesizedStackPath }] = stack;
  return { name, file: join(folder, synthesizedStackPath) };
}
