import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { CommandError, ExitCode } from "../../shared/errors";
import { ENDS_WITH_PARENT } from "../../shared/parent-process";

/** How a script is run. */
export interface ScriptOptions {
  /** Each of these signals sends the script a SIGTERM: the first one stops it in its own way, the second aborts it. */
  terminate?: readonly AbortSignal[];
  /** Kills the script. */
  kill?: AbortSignal;
  /** Called when the script has started. */
  onStarted?: (process: ChildProcess) => void;
}

/**
 * Runs one of the project's commands as a user would, with its progress on this terminal. The command has a channel to
 * this process, and so ends with it, even if this process is killed (`shared/parent-process.ts`).
 * @returns what it printed to standard output
 * @throws CommandError with the command's exit code when it failed; it has printed why. Rejects are not a failure.
 */
export async function runScript(
  script: string,
  args: readonly string[],
  { terminate = [], kill, onStarted }: ScriptOptions = {},
): Promise<string> {
  const child = spawn(process.execPath, ["--import", "tsx", script, ...args], {
    stdio: ["inherit", "pipe", "inherit", "ipc"],
    env: { ...process.env, COLUMNS: String(process.stdout.columns ?? ""), [ENDS_WITH_PARENT]: "true" },
  });
  // In a terminal, Ctrl-C reaches the script as well; a signal that is sent to this process alone does not.
  for (const signal of terminate)
    signal.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  kill?.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
  onStarted?.(child);
  let printed = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const [exitCode] = await once(child, "close");
  if (exitCode === ExitCode.ok || exitCode === ExitCode.rejects) return printed;
  throw new CommandError(`${script} ended with exit code ${exitCode}`, exitCode ?? ExitCode.failed);
}
