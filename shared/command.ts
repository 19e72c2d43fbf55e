import { types } from "node:util";
import type { Command } from "commander";

/** What a command's exit code says; every command's `--help` ends with it. */
export const ExitCode = {
  /** Everything was done. */
  ok: 0,
  /** Something was not done: the message says what and what to do. */
  failed: 1,
  /** An option or a setting is wrong; nothing was started. */
  usage: 2,
  /** Everything that could be delivered was, but some input was refused; it is kept, and the message says where. */
  rejects: 3,
  /** Stopped by a second Ctrl-C: what was under way is not finished. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What went wrong, in the words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : String(error);
}

/** A fault a person can mend: printed as its message, without a stack trace. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    message: string,
    readonly exitCode: ExitCode = ExitCode.failed,
  ) {
    super(message);
  }
}

/**
 * Runs an entry point: parses the arguments, prints a `CommandError` as one message, and sets the exit code.
 * Anything else that is thrown is a defect and keeps its stack trace.
 */
export async function runCommand(command: Command, argv: readonly string[] = process.argv): Promise<void> {
  // On Node.js 20 the SDK prints a notice about its own support policy to standard error with the first client.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  command.exitOverride().configureHelp({ showGlobalOptions: true });
  try {
    await command.parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): ExitCode {
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
