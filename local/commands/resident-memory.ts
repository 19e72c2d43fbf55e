import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * The memory that each process uses now, in bytes, as `ps` reports it.
 * @returns by the process's id; without those that have ended, and empty where there is no `ps`
 */
export async function residentMemory(processes: readonly number[]): Promise<Map<number, number>> {
  if (processes.length === 0) return new Map();
  const list = run("ps", ["-o", "pid=,rss=", "-p", processes.join(",")]);
  // ps ends with 1 if one of the processes does not exist; what it printed counts.
  const { stdout } = await list.catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? "" }));
  const rows = stdout.matchAll(/^\s*(\d+)\s+(\d+)\s*$/gm);
  return new Map([...rows].map(([, pid, kilobytes]) => [Number(pid), Number(kilobytes) * 1024]));
}
