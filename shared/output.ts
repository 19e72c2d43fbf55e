import { ExitCode, messageOf } from "./errors";

/**
 * From now on, no error in writing to standard output or standard error ends the process: a full disk under the
 * progress, or a closed terminal, must not lose what is under way. At its end, a command that could not write its
 * result to standard output says so, and exits with `failed` instead of `ok`. That nobody reads the result any more is
 * no failure.
 */
export function surviveOutputErrors(process: Outputs = globalThis.process): void {
  let fault: unknown;
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") fault ??= error;
  });
  process.once("exit", () => {
    if (fault === undefined) return;
    process.stderr.write(`error: standard output cannot be written (${messageOf(fault)})\n`);
    process.exitCode ||= ExitCode.failed;
  });
}

type Outputs = Pick<NodeJS.Process, "stdout" | "stderr" | "once" | "exitCode">;
