import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";

export interface EntryPointRun {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningEntryPoint {
  process: ChildProcess;
  /** What it has written to standard error so far. */
  stderr(): string;
  ended: Promise<EntryPointRun>;
}

const PROJECT = path.resolve(__dirname, "../..");

/** Where a local cloud's keys are depends on the folder for temporary files. */
const { PATH = "", TMPDIR = tmpdir() } = process.env;

/** Files to use instead of pipes, by their descriptors. */
export interface Redirections {
  stdin?: number;
  stdout?: number;
}

/**
 * Starts an entry point of the project, as its npm script does, with this environment and no other.
 * @param entryPoint its path from the root of the project, or that of a copy as an absolute path
 */
export function startEntryPoint(
  entryPoint: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string>; redirections?: Redirections },
): RunningEntryPoint {
  const { stdin = "pipe", stdout: output = "pipe" } = options.redirections ?? {};
  const child = spawn(
    process.execPath,
    ["--import", require.resolve("tsx"), path.resolve(PROJECT, entryPoint), ...args],
    { cwd: options.cwd, env: { PATH, TMPDIR, ...options.env }, stdio: [stdin, output, "pipe"] },
  );
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = Promise.all([once(child, "close"), child.stdout ? text(child.stdout) : ""]).then(
    ([[exitCode], stdout]) => ({
      exitCode,
      stdout,
      stderr,
    }),
  );
  return { process: child, stderr: () => stderr, ended };
}

/** Runs an entry point to its end. */
export function runEntryPoint(
  entryPoint: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string>; stdin?: string | Buffer },
): Promise<EntryPointRun> {
  const { process: child, ended } = startEntryPoint(entryPoint, args, options);
  child.stdin?.end(options.stdin);
  return ended;
}
