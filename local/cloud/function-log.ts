import { chmod, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Writable } from "node:stream";
import { messageOf } from "../../shared/errors";

/**
 * Opens an empty file for a function's output, which only its user may read. A log that cannot be written, on a full
 * disk for instance, ends there; the function continues.
 * @param onProblem called once, when the log ends early
 */
export async function openFunctionLog(file: string, onProblem: (message: string) => void): Promise<Writable> {
  const endEarly = (error: unknown) =>
    onProblem(
      `the log ${file} cannot be written (${messageOf(error)}); what the function prints from now on is not kept`,
    );
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // The modes apply to what is created only; an earlier version may have left others.
    await chmod(dirname(file), 0o700);
    const handle = await open(file, "w", 0o600);
    if ((await handle.stat()).isFile()) await handle.chmod(0o600);
    // A stream that has failed takes what is written to it, and discards it.
    return handle.createWriteStream().on("error", endEarly);
  } catch (error) {
    endEarly(error);
    return noLog();
  }
}

/** The log of a function that may not have one. */
export function noLog(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
