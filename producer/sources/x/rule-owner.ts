import { createHash, randomBytes } from "node:crypto";
import { hostname } from "node:os";

/** The tag of rules that were kept for later runs, and the beginning of the tags of a run's own rules. */
export const OUR_TAG = "real-time-stream-processing";

/** Whose a rule is. */
export type RuleOwner =
  /** A run that ended without removing it: it was killed, or X could not be reached. */
  | "ended-run"
  /** A run that has not ended, as far as can be known here. */
  | "other-run"
  /** Kept for later runs. */
  | "kept"
  /** Not the producer's. */
  | "foreign";

/**
 * A tag for the rules of this run. It names the machine, by a hash, and the process, so that a later run knows whether
 * this one has ended.
 */
export function newRunTag(): string {
  return [OUR_TAG, machineId(), process.pid, randomBytes(4).toString("hex")].join(":");
}

/** Tells whose a rule is by its tag. A run on another machine counts as running. */
export function ownerOf(tag: string | undefined): RuleOwner {
  if (tag === OUR_TAG) return "kept";
  const [, machine, pid] = RUN_TAG.exec(tag ?? "") ?? [];
  if (pid === undefined) return "foreign";
  const hasEnded = machine === machineId() && !isAnotherProcess(Number(pid));
  return hasEnded ? "ended-run" : "other-run";
}

const RUN_TAG = new RegExp(`^${OUR_TAG}:([0-9a-f]{8}):(\\d+):[0-9a-f]{8}$`);

function machineId(): string {
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
}

/** Whether another process with this id runs. In a container, each start of the producer may have the same id. */
function isAnotherProcess(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // The process of another user runs, but may not be signalled.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
