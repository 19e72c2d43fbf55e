import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { FileLock, processStart } from "../../../producer/delivery/file-lock";
import { until } from "../../support/moment";
import { useTemporaryDirectory } from "../../support/temporary-directory";
import { VirtualClock } from "../../support/virtual-clock";

const directory = useTemporaryDirectory();
const file = () => path.join(directory.path, "lock");
const saved = () => JSON.parse(readFileSync(file(), "utf8"));
const save = (content: unknown) => writeFileSync(file(), JSON.stringify(content));

const children: ChildProcess[] = [];
/** Starts a process that does nothing. */
async function otherProcess(): Promise<{ pid: number; kill(): Promise<void> }> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e9)"]);
  children.push(child);
  await once(child, "spawn");
  return {
    pid: child.pid ?? 0,
    async kill() {
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

describe("a lock", () => {
  it("is held by one at a time, and free once that gives it back", async () => {
    const [first, second] = [new FileLock(file()), new FileLock(file())];
    expect(await first.hold()).toBeUndefined();
    expect(saved()).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      pid: process.pid,
      startedAt: await processStart(process.pid),
    });
    expect(await second.hold()).toBe(process.pid);
    await second.release();
    expect(await first.hold()).toBeUndefined();
    await first.release();
    expect(existsSync(file())).toBe(false);
    await first.release();
    expect(await second.hold()).toBeUndefined();
    expect(await first.hold()).toBe(process.pid);
  });

  it("is lost to another that has taken it, which the first learns when it looks", async () => {
    const [first, second] = [new FileLock(file()), new FileLock(file())];
    await first.hold();
    const before = saved();
    save({ id: "of nobody", pid: 4_194_305 });
    expect(await second.hold()).toBeUndefined();
    expect(await first.hold()).toBe(process.pid);
    await first.release();
    expect(saved().id).not.toBe(before.id);
  });

  it("is put back if somebody removes its file", async () => {
    const lock = new FileLock(file());
    await lock.hold();
    const before = saved();
    await new FileLock(file()).release();
    expect(saved()).toEqual(before);
  });
});

describe("a lock that names", () => {
  it("a process that runs is held by it, until that is killed", async () => {
    const other = await otherProcess();
    save({ id: "other", pid: other.pid, startedAt: await processStart(other.pid) });
    expect(await new FileLock(file()).hold()).toBe(other.pid);
    expect(saved().id).toBe("other");
    await other.kill();
    expect(await new FileLock(file()).hold()).toBeUndefined();
    expect(saved().pid).toBe(process.pid);
  });

  it("a number that another process has now is free", async () => {
    const other = await otherProcess();
    save({ id: "other", pid: other.pid, startedAt: "another boot 1" });
    expect(await new FileLock(file()).hold()).toBeUndefined();
  });

  it("this process's number, of a run before this one's container started again, is free", async () => {
    save({ id: "other", pid: process.pid, startedAt: "another boot 1" });
    expect(await new FileLock(file()).hold()).toBeUndefined();
  });

  it("a process that runs is held where the system does not say when it started", async () => {
    const other = await otherProcess();
    save({ id: "other", pid: other.pid });
    expect(await new FileLock(file()).hold()).toBe(other.pid);
  });

  it("another user's process is held by it", async () => {
    save({ id: "other", pid: 4_194_305 });
    jest.spyOn(process, "kill").mockImplementationOnce(() => {
      throw Object.assign(new Error("not allowed"), { code: "EPERM" });
    });
    expect(await new FileLock(file()).hold()).toBe(4_194_305);
  });

  it.each(["", "{", "[]", '{"id":"other"}', '{"id":"other","pid":0}', '{"id":"other","pid":1.5}'])(
    "nobody is free, after time to be written: %j",
    async (content) => {
      writeFileSync(file(), content);
      const clock = new VirtualClock();
      const holding = new FileLock(file(), clock).hold();
      clock.run();
      expect(await holding).toBeUndefined();
      clock.stop();
      expect(clock.slept).toEqual([100, 100, 100]);
    },
  );

  it("somebody while it is still being written is held by that", async () => {
    writeFileSync(file(), "{");
    const clock = new VirtualClock();
    const holding = new FileLock(file(), clock).hold();
    const other = await otherProcess();
    await until(() => clock.slept.length === 1);
    save({ id: "other", pid: other.pid });
    clock.run();
    expect(await holding).toBe(other.pid);
    clock.stop();
  });
});

describe("a lock that two find free in the same moment", () => {
  it("is held by one of them, and both know by which", async () => {
    const locks = Array.from({ length: 20 }, () => new FileLock(file()));
    await Promise.all(locks.map((lock) => lock.hold()));
    const holders = await Promise.all(locks.map((lock) => lock.hold()));
    expect(holders.filter((pid) => pid === undefined)).toHaveLength(1);
    expect(holders.filter((pid) => pid === process.pid)).toHaveLength(19);
  });

  it("is not an error if another has removed its file meanwhile", async () => {
    save({ id: "other", pid: 4_194_305 });
    jest.spyOn(process, "kill").mockImplementationOnce(() => {
      rmSync(file());
      throw Object.assign(new Error("not running"), { code: "ESRCH" });
    });
    expect(await new FileLock(file()).hold()).toBeUndefined();
  });
});

describe("a lock that cannot be written", () => {
  it("is an error where its folder does not exist", async () => {
    await expect(new FileLock(path.join(file(), "no")).hold()).rejects.toThrow("ENOENT");
  });

  it("is an error where its file is a folder", async () => {
    mkdirSync(file());
    await expect(new FileLock(file()).hold()).rejects.toThrow("EISDIR");
  });

  it("is an error where its file can neither be read nor created", async () => {
    symlinkSync("nowhere/no", file());
    await expect(new FileLock(file()).hold()).rejects.toThrow("EEXIST");
  });
});

describe("when a process started", () => {
  it.each(["linux", "darwin"] as const)("is said by %s, and tells it from another", async (platform) => {
    const [own, again] = [
      await processStart(process.pid, platform),
      await processStart(process.pid, platform),
    ];
    expect(own).toBe(again);
    expect(own).toMatch(platform === "linux" ? /^[0-9a-f-]{36} \d+$/ : /^\w{3} \w{3} .* \d{4}$/);
    expect(await processStart(1, platform)).not.toBe(own);
    expect(await processStart(4_194_305, platform)).toBeUndefined();
  });

  it("is not said by Windows", async () => {
    expect(await processStart(process.pid, "win32")).toBeUndefined();
  });
});
