import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import { decodeJson } from "../../events/json";
import { CommandError, messageOf } from "../../shared/errors";

/** The content of a checkpoint's file. */
export const SavedCheckpoint = v.object({
  /** What `--source` calls the source. */
  source: v.string(),
  /** Where the records went: what is on one stream is not on another. */
  stream: v.string(),
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
 * Reads a checkpoint; undefined if there is no such file.
 * @throws CommandError if the file cannot be read or is not a checkpoint
 */
export async function readCheckpoint(file: string): Promise<SavedCheckpoint | undefined> {
  let content: Uint8Array;
  try {
    content = await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CommandError(`the checkpoint ${file} cannot be read: ${messageOf(error)}`);
  }
  const decoded = decodeJson(content);
  const parsed = v.safeParse(SavedCheckpoint, decoded.ok ? decoded.value : undefined);
  if (!parsed.success)
    throw new CommandError(`${file} is not a checkpoint; name another file with --checkpoint`);
  return parsed.output;
}

/** The files that are written beside a checkpoint: its next content. */
export function companionFiles(file: string): string[] {
  return [`${file}.tmp`];
}

/** Replaces a checkpoint. Whenever this process is killed, the file holds the old content or the new, complete. */
export async function writeCheckpoint(file: string, content: SavedCheckpoint): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.tmp`, `${JSON.stringify(content, undefined, 2)}\n`, { flush: true });
  await rename(`${file}.tmp`, file);
}
