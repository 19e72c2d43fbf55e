import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { closeSync, openSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { surviveOutputErrors } from "../../shared/output";
import { useTemporaryDirectory } from "../support/temporary-directory";

/** A made-up process, of which standard output and standard error can fail. */
function start() {
  const written: string[] = [];
  const stderr = Object.assign(new EventEmitter(), { write: (text: string) => written.push(text) });
  const fake = Object.assign(new EventEmitter(), {
    stdout: new EventEmitter(),
    stderr,
    exitCode: undefined as number | undefined,
  });
  surviveOutputErrors(fake as unknown as NodeJS.Process);
  const failure = (code: string) => Object.assign(new Error(`write ${code}`), { code });
  return { fake, written, failure };
}

describe("output that cannot be written", () => {
  it("fails a command that would have succeeded, once it ends, if it was its result", () => {
    const { fake, written, failure } = start();
    fake.stdout.emit("error", failure("ENOSPC"));
    fake.stdout.emit("error", failure("EIO"));
    expect(written).toEqual([]);
    fake.exitCode = 0;
    fake.emit("exit");
    expect(fake.exitCode).toBe(1);
    expect(written).toEqual(["error: standard output cannot be written (write ENOSPC)\n"]);
  });

  it("leaves the exit code of a command that failed otherwise", () => {
    const { fake, failure } = start();
    fake.stdout.emit("error", failure("ENOSPC"));
    fake.exitCode = 3;
    fake.emit("exit");
    expect(fake.exitCode).toBe(3);
  });

  it.each(["EPIPE", "ENOSPC", "EIO"])("fails nothing if it was the progress: %s", (code) => {
    const { fake, written, failure } = start();
    fake.stderr.emit("error", failure(code));
    fake.emit("exit");
    expect(fake.exitCode).toBeUndefined();
    expect(written).toEqual([]);
  });

  it("fails nothing if nobody reads it any more", () => {
    const { fake, written, failure } = start();
    fake.stdout.emit("error", failure("EPIPE"));
    fake.emit("exit");
    expect(fake.exitCode).toBeUndefined();
    expect(written).toEqual([]);
  });

  it("fails nothing if there is no error", () => {
    const { fake, written } = start();
    fake.emit("exit");
    expect(fake.exitCode).toBeUndefined();
    expect(written).toEqual([]);
  });
});

const directory = useTemporaryDirectory();

const SCRIPT = `
  import { Command } from ${JSON.stringify(require.resolve("commander"))};
  import { runCommand } from ${JSON.stringify(path.resolve("shared/run-command"))};
  void runCommand(new Command().action(async () => {
    for (let line = 0; line < 3; line++) {
      process.stderr.write("progress\\n");
      process.stdout.write("result\\n");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    process.send("done");
    process.disconnect();
  }));`;

/** Runs a command to its end with these outputs. @returns its exit code, and whether it came to its end */
async function run(stdout: number | "pipe", stderr: number | "pipe") {
  const script = path.join(directory.path, "command.ts");
  writeFileSync(script, SCRIPT);
  const child = spawn(process.execPath, ["--import", require.resolve("tsx"), script], {
    stdio: ["ignore", stdout, stderr, "ipc"],
  });
  const messages: unknown[] = [];
  child.on("message", (message) => messages.push(message));
  child.stdout?.destroy();
  child.stderr?.destroy();
  const [exitCode] = await once(child, "exit");
  return { exitCode, messages };
}

describe("a command runs to its end", () => {
  it("with standard error and standard output on a full disk, and exits with 1", async () => {
    const full = openSync("/dev/full", "w");
    expect(await run(full, full)).toEqual({ exitCode: 1, messages: ["done"] });
    closeSync(full);
  });

  it("with pipes that nobody reads", async () => {
    expect(await run("pipe", "pipe")).toEqual({ exitCode: 0, messages: ["done"] });
  });
});
