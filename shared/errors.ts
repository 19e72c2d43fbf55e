import { types } from "node:util";

/** What a command's exit codes mean; the `--help` of each command ends with them. */
export const ExitCode = {
  /** Everything was done. */
  ok: 0,
  /** Something was not done; the message says what, and what to do. */
  failed: 1,
  /** An option or a setting is wrong; nothing was started. */
  usage: 2,
  /** Everything that could be delivered was, but some input was rejected; it is kept, and the message says where. */
  rejects: 3,
  /** npm start: a record that Kinesis acknowledged cannot be found. */
  lost: 4,
  /** npm start: an item, or a record that is set aside, has other contents than the record on the stream. */
  different: 5,
  /** npm start: the table or the failure bucket has something that no record on the stream accounts for. */
  stray: 6,
  /** npm start: a record is both stored and rejected. */
  duplicates: 7,
  /** npm start: the function rejected a record that the producer considers valid. */
  wronglyRejected: 8,
  /** npm start: a batch was set aside after its retries or its age ran out. */
  failedBatches: 9,
  /** npm start: records wait, and none is handled; the message says why. */
  noProgress: 10,
  /** npm start: a kind of fault that chaos injects never struck. */
  missingFaults: 11,
  /** A second Ctrl-C stopped the command: what was under way is not finished. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A fault that the user can fix. Only its message is printed, without a stack trace. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    message: string,
    readonly exitCode: ExitCode = ExitCode.failed,
  ) {
    super(message);
  }
}

/** Whether an error is only what a second Ctrl-C leads to: any other fault is to be named instead. */
export function isInterrupted(fault: unknown): boolean {
  return fault instanceof CommandError && fault.exitCode === ExitCode.interrupted;
}

/** The message of an error, or anything else that was thrown, as text. */
export function messageOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : String(error);
}

/**
 * Makes one error of all faults: the first defect, whose stack trace is needed, or else each message once. A second
 * Ctrl-C hides no other fault.
 */
export function combinedFault(faults: readonly unknown[]): unknown {
  const named = faults.filter((fault) => !isInterrupted(fault));
  if (named.length < 2) return named[0] ?? faults[0];
  const defect = named.find((fault) => !(fault instanceof CommandError));
  return (
    defect ?? new CommandError([...new Set(named.map((fault) => (fault as CommandError).message))].join("\n"))
  );
}
