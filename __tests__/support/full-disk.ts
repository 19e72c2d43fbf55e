import { symlinkSync } from "node:fs";
import path from "node:path";
import { temporaryDirectory } from "./temporary-directory";

// Links to devices, and not the devices themselves, which a faulty program that root runs could delete.

/** The path of a file that takes no byte, as on a full disk. */
export function fullDisk(): string {
  return linkTo("/dev/full");
}

/** The path of a device that takes all bytes, and is no file on a disk. */
export function nullDevice(): string {
  return linkTo("/dev/null");
}

function linkTo(device: string): string {
  const link = path.join(temporaryDirectory(), path.basename(device));
  symlinkSync(device, link);
  return link;
}
