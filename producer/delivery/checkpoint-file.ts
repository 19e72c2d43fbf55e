import { mkdir, readFile, realpath, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import * as v from "valibot";
import { decodeJson } from "../../events/json";
import type { Clock } from "../../shared/clock";
import { CommandError, messageOf } from "../../shared/errors";
import { FileLock } from "./file-lock";

/** The content of a checkpoint's file. */
export const SavedCheckpoint = v.object({
  /** What `--source` calls the source. */
  source: v.string(),
  /** Where the records went: what is on one stream is not on another. */
  stream: v.string(),
  /** That stream's ARN and creation time (ISO 8601); absent if they were not known. */
  streamArn: v.optional(v.string()),
  streamCreatedAt: v.optional(v.string()),
  /** What identifies the input; absent if the source has only one. */
  input: v.optional(v.unknown()),
  /** The low watermark; absent until an item is settled. */
  position: v.optional(v.union([v.string(), v.number()])),
  /** Whether the source had nothing more to deliver. */
  complete: v.boolean(),
  savedAt: v.string(),
});

export type SavedCheckpoint = v.InferOutput<typeof SavedCheckpoint>;

/**
 * A checkpoint's file, which one run at a time uses. A symbolic link stays one: the file that it leads to is replaced.
 */
export class CheckpointFile {
  /** As the user names it. */
  readonly path: string;
  readonly #target: string;
  readonly #lock: FileLock;

  private constructor(path: string, target: string, clock: Clock | undefined) {
    this.path = path;
    this.#target = target;
    this.#lock = new FileLock(lockOf(target), clock);
  }

  /** @throws CommandError if another run uses the file, or nothing can be written beside it */
  static async open(path: string, clock?: Clock): Promise<CheckpointFile> {
    const target = await targetOf(path);
    const file = new CheckpointFile(path, target, clock);
    try {
      await mkdir(dirname(target), { recursive: true });
      await file.#hold();
    } catch (error) {
      throw file.unwritable(error);
    }
    return file;
  }

  /**
   * Reads what an earlier run has left; undefined if there is no such file.
   * @throws CommandError if the file cannot be read or is not a checkpoint
   */
  async read(): Promise<SavedCheckpoint | undefined> {
    let content: Uint8Array;
    try {
      content = await readFile(this.#target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new CommandError(`the checkpoint ${this.path} cannot be read: ${messageOf(error)}`);
    }
    const decoded = decodeJson(content);
    const parsed = v.safeParse(SavedCheckpoint, decoded.ok ? decoded.value : undefined);
    if (!parsed.success)
      throw new CommandError(`${this.path} is not a checkpoint; name another file with --checkpoint`);
    return parsed.output;
  }

  /**
   * Replaces the content. Whenever this process is killed, the file holds the old content or the new, complete.
   * @throws CommandError if another run has taken the file, or it cannot be written
   */
  async write(content: SavedCheckpoint): Promise<void> {
    try {
      await this.#hold();
      const next = nextOf(this.#target);
      await writeFile(next, `${JSON.stringify(content, undefined, 2)}\n`, { flush: true });
      await rename(next, this.#target);
    } catch (error) {
      throw this.unwritable(error);
    }
  }

  /** Lets another run use the file. */
  async close(): Promise<void> {
    await this.#lock.release();
  }

  /** The error to throw for one that was met while writing. */
  unwritable(error: unknown): CommandError {
    if (error instanceof CommandError) return error;
    return new CommandError(
      `the checkpoint ${this.path} cannot be written (${messageOf(error)}); name another with --checkpoint`,
    );
  }

  async #hold(): Promise<void> {
    const pid = await this.#lock.hold();
    if (pid !== undefined)
      throw new CommandError(
        `the checkpoint ${this.path} is in use by another run (process ${pid}); wait until that has ended, or name another file with --checkpoint`,
      );
  }
}

/** The files that are written beside a checkpoint: its next content, and the lock. */
export async function companionFiles(path: string): Promise<string[]> {
  const target = await targetOf(path);
  return [nextOf(target), lockOf(target)];
}

function targetOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

function nextOf(target: string): string {
  return `${target}.tmp`;
}

function lockOf(target: string): string {
  return `${target}.lock`;
}
