import { fstatSync } from "node:fs";
import { readlink, stat } from "node:fs/promises";
import path from "node:path";
import { CommandError, ExitCode } from "../../shared/errors";

/** A file that a run writes. */
export interface OutputFile {
  /** What messages call it, such as `--rejects kept.ndjson`. */
  label: string;
  path: string;
}

/**
 * Makes sure that a run writes neither its input nor one file in two ways: it would be emptied, or read while it grows.
 * Two paths are one file if they lead to the same place, through symbolic and hard links, too, and even where nothing
 * exists yet. Nothing is created or changed.
 * @param input the path of the input, or - for standard input; undefined if the source has no file
 * @throws CommandError with the usage code
 */
export async function requireSeparateFiles(
  input: string | undefined,
  outputs: readonly OutputFile[],
): Promise<void> {
  const known = new Map<string, string>();
  for (const [label, descriptor] of STANDARD_OUTPUTS) {
    const place = placeOfDescriptor(descriptor);
    if (place !== undefined) known.set(place, label);
  }
  const inputPlace = input === "-" ? placeOfDescriptor(0) : input && (await placeOf(input));
  if (inputPlace) known.set(inputPlace, INPUT);

  for (const { label, path: file } of outputs) {
    const place = await placeOf(file);
    if (place === undefined) continue;
    const other = known.get(place);
    if (other !== undefined)
      throw new CommandError(
        other === INPUT
          ? `${label} is the input itself; name another file`
          : `${label} is the same file as ${other}; name another file`,
        ExitCode.usage,
      );
    known.set(place, label);
  }
}

const INPUT = "the input";
const STANDARD_OUTPUTS: readonly [string, number][] = [
  ["standard output", 1],
  ["standard error", 2],
];

/**
 * Where a path leads: a device and an inode, followed by the names that do not exist yet; undefined for a device such as
 * /dev/null, which any number may write. New names are compared without regard to case, as macOS and Windows do.
 */
async function placeOf(file: string): Promise<string | undefined> {
  try {
    const stats = await stat(file, { bigint: true });
    return stats.isCharacterDevice() ? undefined : `${stats.dev}:${stats.ino}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A symbolic link to a file that does not exist yet: writing creates that file.
    const target = code === "ENOENT" ? await readlink(file).catch(() => undefined) : undefined;
    const parent = path.dirname(file);
    if (target !== undefined) return placeOf(path.isAbsolute(target) ? target : path.join(parent, target));
    if (parent === file) return undefined;
    return `${await placeOf(parent)}/${path.basename(file).normalize().toLowerCase()}`;
  }
}

/** Where a shell has redirected a standard stream to; undefined for a terminal or a pipe. */
function placeOfDescriptor(descriptor: number): string | undefined {
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    // It is closed.
    return undefined;
  }
}
