import { CommandError, messageOf } from "./errors";

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables of a `.env` file into the environment. Variables that are already set, even to an empty
 * string, stay as they are. Without a file, nothing changes.
 * @see https://nodejs.org/docs/latest-v20.x/api/process.html#processloadenvfilepath
 * @throws CommandError if the file exists and cannot be read
 */
export function loadEnvironmentFile(path = ".env"): void {
  try {
    process.loadEnvFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw new CommandError(`${path} cannot be read (${messageOf(error)}); make it readable, or remove it`);
  }
}
