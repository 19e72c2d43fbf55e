import { type FileHandle, open, unlink } from "node:fs/promises";
import path from "node:path";
import { type Clock, systemClock } from "../../shared/clock";
import { CommandError, messageOf } from "../../shared/errors";
import type { Pieces } from "../../shared/lines";

/**
 * Keeps what was rejected or is undelivered, one line each, byte for byte, so that it can be corrected and produced
 * again. Only its owner may read a file that this creates. The first failure is the last: nothing is written after it.
 */
export class RejectsFile {
  readonly path: string;
  readonly #file: FileHandle;
  /** What this run must do to the file, by what it was when it was opened. */
  readonly #duties: Duties;
  readonly #failing = new AbortController();
  /** The last write: lines are written one after the other, even if several callers write at the same time. */
  #last: Promise<void> = Promise.resolve();
  #isUsed = false;
  #isOnDisk = true;
  /** The disk did not take what was written; to ask again would only hide it. */
  #isLost = false;

  private constructor(path: string, file: FileHandle, duties: Duties) {
    this.path = path;
    this.#file = file;
    this.#duties = duties;
  }

  /**
   * Opens the file that the user names; one that exists is appended to.
   * @throws CommandError if the file cannot be written
   */
  static async append(path: string): Promise<RejectsFile> {
    try {
      const file = await open(path, "a", OWNER_ONLY);
      const stats = await file.stat();
      const endsMidLine =
        stats.isFile() && stats.size > 0 && (await lastByte(path, stats.size)) !== LINE_FEED;
      return new RejectsFile(path, file, { sync: stats.isFile(), endsMidLine, removeUnused: false });
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /**
   * Creates a file that no other run uses, and that is removed at the end if nothing was written to it.
   * @param path its path, or the beginning of it if there is such a file already
   * @throws CommandError if no file can be created
   */
  static async create(path: string): Promise<RejectsFile> {
    for (let copy = 1; ; copy++) {
      const candidate = copy === 1 ? path : path.replace(/(\.ndjson)?$/, `-${copy}$1`);
      try {
        const file = await open(candidate, "ax", OWNER_ONLY);
        return new RejectsFile(candidate, file, { sync: true, endsMidLine: false, removeUnused: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unwritable(candidate, error);
      }
    }
  }

  /** Whether anything was written. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Aborted as soon as the file cannot be written; its reason is a CommandError that says why. */
  get failed(): AbortSignal {
    return this.#failing.signal;
  }

  /**
   * Writes one line; resolves when the system has it.
   * @throws CommandError if the file cannot be written, and always the same one
   */
  write(pieces: Pieces): Promise<void> {
    const written = this.#last.then(() => this.#writeLine(pieces));
    this.#last = written.catch(() => {});
    return written;
  }

  /**
   * Waits until every line whose write has succeeded is on the disk, where it stays even if the machine loses its power.
   * @throws CommandError if the disk does not take them
   */
  async flush(): Promise<void> {
    await this.#last;
    if (this.#isLost) this.failed.throwIfAborted();
    if (this.#isOnDisk) return;
    this.#isOnDisk = true;
    if (this.#duties.sync) await this.#attempt(() => this.#sync());
  }

  /**
   * Waits until everything is on the disk, and closes the file.
   * @throws CommandError if the file could not be written
   */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#file.close();
      if (this.#duties.removeUnused && !this.isUsed) await unlink(this.path).catch(() => {});
    }
    this.failed.throwIfAborted();
  }

  async #writeLine(pieces: Pieces): Promise<void> {
    if (this.#duties.endsMidLine && !this.isUsed) await this.#append(END_OF_LINE);
    let last: Uint8Array = Buffer.alloc(0);
    try {
      for await (const piece of pieces) {
        await this.#append(last);
        last = piece;
      }
    } finally {
      // Even if the bytes broke off, so that the next line is a line of its own.
      await this.#append(Buffer.concat([last, END_OF_LINE]));
    }
  }

  async #append(bytes: Uint8Array): Promise<void> {
    if (bytes.byteLength === 0) return;
    this.failed.throwIfAborted();
    this.#isOnDisk = false;
    await this.#attempt(() => this.#file.appendFile(bytes));
    this.#isUsed = true;
  }

  async #sync(): Promise<void> {
    this.#isLost = true;
    await this.#file.sync();
    this.#isLost = false;
    // The name of a new file must be on the disk, too. Windows cannot do this, and need not.
    const folder = await open(path.dirname(this.path)).catch(() => undefined);
    await folder?.sync().catch(() => {});
    await folder?.close();
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#failing.abort(unwritable(this.path, error));
      throw this.failed.reason;
    }
  }
}

interface Duties {
  /** It is a file on a disk, not a device or a pipe. */
  sync: boolean;
  /** An earlier run broke off in the middle of a line, which must not become part of the next one. */
  endsMidLine: boolean;
  removeUnused: boolean;
}

/** What is rejected may be anybody's words: only the owner of a new file may read it. */
const OWNER_ONLY = 0o600;
const LINE_FEED = 0x0a;
const END_OF_LINE = Buffer.from([LINE_FEED]);

/** The last byte of a file; a line feed if this user may write the file but not read it. */
async function lastByte(path: string, size: number): Promise<number> {
  const file = await open(path, "r").catch(() => undefined);
  if (!file) return LINE_FEED;
  try {
    const { buffer } = await file.read(Buffer.from(END_OF_LINE), 0, 1, size - 1);
    return buffer.readUInt8(0);
  } finally {
    await file.close();
  }
}

function unwritable(path: string, error: unknown): CommandError {
  return new CommandError(
    `the rejects file ${path} cannot be written (${messageOf(error)}); name another with --rejects`,
  );
}

/**
 * The rejects file of a run that names none: in the current directory, named after the input and the time in UTC.
 * @param input a path, or - for standard input; undefined if the source has no file
 */
export function defaultRejectsPath(input: string | undefined, clock: Clock = systemClock): string {
  const name = input === undefined ? "produce" : input === "-" ? "stdin" : path.basename(input);
  const timestamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${name}.rejects-${timestamp}.ndjson`;
}
