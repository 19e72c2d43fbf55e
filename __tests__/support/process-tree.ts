import { execFile } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";

/** A running process. */
export interface RunningProcess {
  pid: number;
  parent: number;
  command: string;
}

/** The processes that a process has started, and those that they have. */
export async function descendantsOf(pid: number): Promise<RunningProcess[]> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,ppid=,args="]);
  const all = stdout.split("\n").flatMap((line) => {
    const [, pid, parent, command = ""] = /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
  const below = (ancestor: number): RunningProcess[] =>
    all.filter(({ parent }) => parent === ancestor).flatMap((child) => [child, ...below(child.pid)]);
  return below(pid);
}

/** Asks again and again until the answer is yes; the test's own timeout ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(50);
}

/** Whether a process runs. One that has ended, and whose parent has not noticed, does not. */
export async function isRunning(pid: number): Promise<boolean> {
  return promisify(execFile)("ps", ["-o", "stat=", "-p", String(pid)]).then(
    ({ stdout }) => !stdout.trim().startsWith("Z"),
    () => false,
  );
}
