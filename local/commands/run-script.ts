import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { CommandError, ExitCode } from "../../shared/errors";

/**
 * Runs one of the project's commands as a user would, with its progress on this terminal.
 * @returns what it printed to standard output
 * @throws CommandError with the command's exit code when it failed; it has printed why. Rejects are not a failure.
 */
export async function runScript(
  script: string,
  args: readonly string[],
  { signal, onStarted }: { signal?: AbortSignal; onStarted?: (process: ChildProcess) => void } = {},
): Promise<string> {
  const child = spawn(process.execPath, ["--import", "tsx", script, ...args], {
    stdio: ["inherit", "pipe", "inherit"],
    env: { ...process.env, COLUMNS: String(process.stdout.columns ?? "") },
    ...(signal && { signal }),
  });
  child.on("error", () => undefined);
  onStarted?.(child);
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const [exitCode] = await once(child, "close");
  if (exitCode === ExitCode.ok || exitCode === ExitCode.rejects) return printed;
  throw new CommandError(`${script} ended with exit code ${exitCode}`, exitCode ?? ExitCode.failed);
}
