import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The ids of the processes that a process has started and that still run, with their command lines. */
export function childrenOf(parent: number): Map<number, string> {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,args="], { encoding: "utf8" }).split("\n");
  const processes = lines.map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []);
  const running = processes.filter(
    ([, , ppid, state = ""]) => ppid === String(parent) && !state.startsWith("Z"),
  );
  return new Map(running.map(([, pid, , , command = ""]) => [Number(pid), command]));
}

/** The id of a child whose command line ends with a text; undefined if there is none. */
export function childNamed(parent: number, pattern: RegExp): number | undefined {
  return [...childrenOf(parent)].find(([, command]) => pattern.test(command))?.[0];
}

/** The ports where a process listens, on any interface; reads Linux's `/proc`. */
export function listeningPorts(pid: number): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).map((descriptor) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1];
      } catch {
        return undefined;
      }
    }),
  );
  return ["tcp", "tcp6"].flatMap((protocol) =>
    readFileSync(`/proc/${pid}/net/${protocol}`, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      // The fourth column is the state, 0A for listening; the tenth is the socket's inode.
      .filter((columns) => columns[3] === "0A" && sockets.has(columns[9]))
      .map((columns) => Number.parseInt(columns[1]?.split(":")[1] ?? "", 16)),
  );
}
