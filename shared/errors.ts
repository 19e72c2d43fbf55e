import { types } from "node:util";

/** What a command's exit code says; the `--help` of each command ends with them. */
export const ExitCode = {
  /** Everything that was asked for was done. */
  ok: 0,
  /** Something was not done; the message says what, and what to do. */
  failed: 1,
  /** An option or a setting is wrong; nothing was started. */
  usage: 2,
  /** Everything that could be delivered was, but some input was rejected; it is kept, and the message says where. */
  rejects: 3,
  /** A second Ctrl-C stopped it: what was under way is not finished. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A fault that the user can fix: printed as its message, without a stack trace. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    message: string,
    readonly exitCode: ExitCode = ExitCode.failed,
  ) {
    super(message);
  }
}

/** What went wrong, in the words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : String(error);
}
