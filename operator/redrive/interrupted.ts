import { CommandError, ExitCode } from "../../shared/errors";

/** What ends a run whose user pressed Ctrl-C a second time. */
export function interrupted(): CommandError {
  return new CommandError("interrupted: what was not removed is still set aside", ExitCode.interrupted);
}

/** Whether a fault is only that the user interrupted the run; any other fault is worth more to them. */
export function isInterrupted(fault: unknown): boolean {
  return fault instanceof CommandError && fault.exitCode === ExitCode.interrupted;
}
