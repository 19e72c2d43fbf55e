import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import * as v from "valibot";
import { decodeJson } from "../../events/json";
import { type Clock, systemClock } from "../../shared/clock";

/** Who holds a lock. */
const Holder = v.object({
  /** Of the lock, not of the process, which may hold several. */
  id: v.string(),
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Tells the process from a later one with the same number; absent where the system does not say. */
  startedAt: v.optional(v.string()),
});
type Holder = v.InferOutput<typeof Holder>;

/**
 * A file that says which process on this machine uses something. When that process is killed, the file stays, but the
 * lock is free: it names a process that runs no longer.
 */
export class FileLock {
  readonly #id = randomUUID();
  readonly #path: string;
  readonly #clock: Clock;

  constructor(path: string, clock: Clock = systemClock) {
    this.#path = path;
    this.#clock = clock;
  }

  /**
   * Takes the lock, or makes sure that this one still has it: two that find a lock free in the same moment may both take
   * it, and the first one then learns here that it has lost it.
   * @returns the number of the process that has it instead; undefined if this one has it
   * @throws the system's error if the file cannot be written
   */
  async hold(): Promise<number | undefined> {
    for (let attempt = 1; ; attempt++) {
      const holder = await this.#holder();
      if (holder !== "nobody") {
        if (holder?.id === this.#id) return undefined;
        if (holder && (await isRunning(holder))) return holder.pid;
        await rm(this.#path, { force: true });
      }
      const mine: Holder = { id: this.#id, pid: process.pid, startedAt: await processStart(process.pid) };
      try {
        await writeFile(this.#path, `${JSON.stringify(mine)}\n`, { flag: "wx" });
        return undefined;
      } catch (error) {
        // Another process was faster, or something is there that is not a file.
        if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt === HOLD_ATTEMPTS) throw error;
      }
    }
  }

  /** Gives the lock back, if this one has it. */
  async release(): Promise<void> {
    const holder = await this.#holder();
    if (holder !== "nobody" && holder?.id === this.#id) await rm(this.#path, { force: true });
  }

  /** Who has the lock; undefined if the file does not say, even though whoever writes it has had time to. */
  async #holder(): Promise<Holder | "nobody" | undefined> {
    for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt++) {
      try {
        const decoded = decodeJson(await readFile(this.#path));
        const parsed = v.safeParse(Holder, decoded.ok ? decoded.value : undefined);
        if (parsed.success) return parsed.output;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return "nobody";
        throw error;
      }
      await this.#clock.sleep(READ_AGAIN_MS, new AbortController().signal);
    }
    return undefined;
  }
}

const HOLD_ATTEMPTS = 5;

/** A lock is written in a moment; only a machine that lost its power leaves half of one. */
const READ_ATTEMPTS = 3;
const READ_AGAIN_MS = 100;

async function isRunning({ pid, startedAt }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Any other error means that it runs and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const start = await processStart(pid);
  return start === undefined || startedAt === undefined || start === startedAt;
}

/**
 * When a process started, as text that no later process with its number has; undefined if the system does not say.
 * @param platform how to ask: Linux may have no `ps`, others have no `/proc`, and Windows has neither
 */
export async function processStart(
  pid: number,
  platform: NodeJS.Platform = process.platform,
): Promise<string | undefined> {
  try {
    if (platform === "win32") return undefined;
    if (platform !== "linux") {
      const { stdout } = await promisify(execFile)("ps", ["-o", "lstart=", "-p", `${pid}`], {
        env: { ...process.env, LC_ALL: "C" },
      });
      return stdout.trim() || undefined;
    }
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces; the start time is field 22: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const ticks = status.slice(status.lastIndexOf(")") + 2).split(" ")[19];
    return ticks && `${boot.trim()} ${ticks}`;
  } catch {
    return undefined;
  }
}
