import type { EventEmitter } from "node:events";
import { jest } from "@jest/globals";
import type { Command } from "commander";
import { runCommand } from "../../shared/run-command";
import type { EntryPointRun } from "./entry-point";

export interface RunInProcess {
  /** What it has written to standard error so far. */
  stderr(): string;
  /** Presses Ctrl-C, a second after the last press. */
  press(): void;
  ended: Promise<EntryPointRun>;
}

/**
 * Starts a command as its entry point does, but in this process: faster, and a change of its code is noticed by the
 * tests that reach it. Its output is captured as if it went to pipes. Only one may run at a time.
 */
export function startInProcess(command: Command, args: readonly string[]): RunInProcess {
  const output = { stdout: "", stderr: "" };
  const listeners: (() => void)[] = [];
  const restore = [
    capture("stdout", output),
    capture("stderr", output),
    catchListeners(listeners),
    forgetListeners(process.stdout, "error"),
    forgetListeners(process.stderr, "error"),
    forgetListeners(process, "exit"),
  ];
  const { exitCode } = process;
  process.exitCode = 0;

  const ended = runCommand(command, ["node", "command", ...args])
    .then(() => ({ exitCode: Number(process.exitCode), ...output }))
    .finally(() => {
      process.exitCode = exitCode;
      for (const end of restore) end();
    });
  let presses = 0;
  return {
    stderr: () => output.stderr,
    press: () => {
      const now = jest.spyOn(Date, "now").mockReturnValue(1000 * ++presses);
      for (const listener of listeners) listener();
      now.mockRestore();
    },
    ended,
  };
}

function capture(name: "stdout" | "stderr", output: Record<typeof name, string>): () => void {
  const { isTTY } = process[name];
  process[name].isTTY = false;
  const spy = jest.spyOn(process[name], "write").mockImplementation((text) => {
    output[name] += text;
    return true;
  });
  return () => {
    spy.mockRestore();
    process[name].isTTY = isTTY;
  };
}

/** At the end, only those listen that listen now. */
function forgetListeners(emitter: EventEmitter, event: string): () => void {
  const before = emitter.listeners(event) as Listener[];
  return () => {
    emitter.removeAllListeners(event);
    for (const listener of before) emitter.on(event, listener);
  };
}

type Listener = (...args: unknown[]) => void;

/** Takes what would listen for Ctrl-C in this process. */
function catchListeners(listeners: (() => void)[]): () => void {
  const spy = jest.spyOn(process, "on").mockImplementation((event, listener) => {
    if (event === "SIGINT") listeners.push(listener);
    return process;
  });
  return () => spy.mockRestore();
}
