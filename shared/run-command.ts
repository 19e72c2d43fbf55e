import type { Command } from "commander";
import { CommandError, ExitCode } from "./errors";
import { surviveOutputErrors } from "./output";
import { endWithParent } from "./parent-process";

/**
 * Runs a command from its entry point: parses the arguments, prints a `CommandError` as one message, and sets the exit
 * code. Anything else that is thrown is a defect, and is printed with its stack trace.
 */
export async function runCommand(command: Command, argv: readonly string[] = process.argv): Promise<void> {
  surviveOutputErrors();
  // On Node.js 20, the first client makes the SDK print a notice about its own support policy to standard error.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  endWithParent();
  command.exitOverride().configureHelp({ showGlobalOptions: true });
  try {
    await command.parseAsync(argv);
  } catch (error) {
    process.exitCode = printError(error);
  }
}

/** @returns the exit code */
function printError(error: unknown): ExitCode {
  if (isCommanderError(error)) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  if (error instanceof CommandError) {
    process.stderr.write(`error: ${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return ExitCode.failed;
}

/** Commander has printed its own errors, and the help, by the time it throws. */
function isCommanderError(error: unknown): error is { exitCode: number } {
  return error instanceof Error && "code" in error && String(error.code).startsWith("commander.");
}
