import { CommandError, ExitCode } from "../../shared/errors";

/** What ends a run whose user pressed Ctrl-C a second time. */
export function interrupted(): CommandError {
  return new CommandError("interrupted: what was not removed is still set aside", ExitCode.interrupted);
}
