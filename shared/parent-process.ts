import { ExitCode } from "./errors";

/** The variable that a command finds in its environment if it must end with the process that started it. */
export const ENDS_WITH_PARENT = "ENDS_WITH_PARENT";

/**
 * Ends this process when the one that started it ends, however that happens, if that one asks for it and gave it a
 * channel (`"ipc"`): the channel then closes. It does not keep this process alive.
 */
export function endWithParent(): void {
  if (process.env[ENDS_WITH_PARENT] === undefined) return;
  process.once("disconnect", () => process.exit(ExitCode.interrupted));
  process.channel?.unref();
}
