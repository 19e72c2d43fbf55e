import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { defaultRejectsPath, RejectsFile } from "../../../producer/delivery/rejects-file";
import { CommandError } from "../../../shared/errors";
import { fullDisk, nullDevice } from "../../support/full-disk";
import { moment } from "../../support/moment";
import { useTemporaryDirectory } from "../../support/temporary-directory";
import { VirtualClock } from "../../support/virtual-clock";

const FULL_DISK = fullDisk();

const directory = useTemporaryDirectory();
const file = () => path.join(directory.path, "kept.ndjson");
const content = (name = file()) => readFileSync(name, "utf8");
const mode = (name: string) => statSync(name).mode & 0o777;

describe("a rejects file", () => {
  it.each([
    ["named by the user", RejectsFile.append],
    ["of no other run", RejectsFile.create],
  ])("%s is there from the start, and only its owner may read it", async (_, openFile) => {
    const rejects = await openFile(file());
    expect(rejects.path).toBe(file());
    expect(rejects.isUsed).toBe(false);
    expect(content()).toBe("");
    expect(mode(file())).toBe(0o600);
    await rejects.write([Buffer.from("line")]);
    expect(rejects.isUsed).toBe(true);
    expect(content()).toBe("line\n");
    await rejects.close();
    expect(rejects.failed.aborted).toBe(false);
    expect(content()).toBe("line\n");
  });

  it("keeps lines whole that are written at the same time", async () => {
    const { reached, reach } = moment();
    async function* slow() {
      yield Buffer.from("slow ");
      await reached;
      yield Buffer.alloc(0);
      yield Buffer.from("line");
    }
    const rejects = await RejectsFile.append(file());
    const writes = [rejects.write(slow()), rejects.write([Buffer.from("other line")])];
    reach();
    await Promise.all(writes);
    await rejects.close();
    expect(content()).toBe("slow line\nother line\n");
  });

  it("keeps an empty line", async () => {
    const rejects = await RejectsFile.append(file());
    await rejects.write([]);
    await rejects.close();
    expect(content()).toBe("\n");
  });

  it("continues after a line whose bytes could not be read", async () => {
    async function* broken() {
      yield Buffer.from("half");
      throw new Error("unreadable");
    }
    const rejects = await RejectsFile.append(file());
    await expect(rejects.write(broken())).rejects.toThrow("unreadable");
    expect(rejects.failed.aborted).toBe(false);
    await rejects.write([Buffer.from("next")]);
    await rejects.close();
    expect(content()).toBe("half\nnext\n");
  });
});

describe("a rejects file named by the user", () => {
  it("is appended to, and keeps its mode", async () => {
    writeFileSync(file(), "before\n");
    chmodSync(file(), 0o644);
    const rejects = await RejectsFile.append(file());
    await rejects.write([Buffer.from("after")]);
    await rejects.close();
    expect(content()).toBe("before\nafter\n");
    expect(mode(file())).toBe(0o644);
  });

  it("begins a new line where an earlier run broke off in the middle of one", async () => {
    writeFileSync(file(), "whole\nhal");
    const rejects = await RejectsFile.append(file());
    expect(content()).toBe("whole\nhal");
    await rejects.write([Buffer.from("one")]);
    await rejects.write([Buffer.from("two")]);
    await rejects.close();
    expect(content()).toBe("whole\nhal\none\ntwo\n");
  });

  it.each(["", "before\n"])("stays as it is when nothing is written to %j", async (before) => {
    writeFileSync(file(), before);
    await (await RejectsFile.append(file())).close();
    expect(content()).toBe(before);
  });

  it("may be a device", async () => {
    const rejects = await RejectsFile.append(nullDevice());
    await rejects.write([Buffer.from("x")]);
    await rejects.close();
    expect(rejects.isUsed).toBe(true);
  });
});

describe("a rejects file of no other run", () => {
  it("is removed at the end if nothing was written to it", async () => {
    const rejects = await RejectsFile.create(file());
    await rejects.close();
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it("gets another name where one exists, of a run that began in the same second", async () => {
    const first = await RejectsFile.create(file());
    const second = await RejectsFile.create(file());
    const third = await RejectsFile.create(file());
    expect(second.path).toBe(path.join(directory.path, "kept-2.ndjson"));
    for (const name of ["plain", "plain-2"]) {
      const rejects = await RejectsFile.create(path.join(directory.path, "plain"));
      expect(rejects.path).toBe(path.join(directory.path, name));
      await rejects.write([Buffer.from("x")]);
      await rejects.close();
      expect(content(rejects.path)).toBe("x\n");
    }
    expect(third.path).toBe(path.join(directory.path, "kept-3.ndjson"));
    for (const rejects of [first, second, third]) await rejects.close();
    expect(readdirSync(directory.path)).toEqual(["plain", "plain-2"]);
  });
});

describe("what is in a rejects file", () => {
  let handles: FileHandle;
  let sync: jest.SpiedFunction<FileHandle["sync"]>;

  beforeEach(async () => {
    const handle = await open(directory.path);
    handles = Object.getPrototypeOf(handle);
    await handle.close();
    sync = jest.spyOn(handles, "sync");
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it("is on the disk once it is flushed, the file's name included", async () => {
    const rejects = await RejectsFile.append(file());
    await rejects.flush();
    expect(sync).toHaveBeenCalledTimes(0);
    const bytes = Buffer.alloc(1_000_000, "x");
    const written = rejects.write([bytes]);
    await rejects.flush();
    expect(content() === `${bytes}\n`).toBe(true);
    expect(sync).toHaveBeenCalledTimes(2);
    await written;
    await rejects.flush();
    expect(sync).toHaveBeenCalledTimes(2);
    await rejects.write([bytes]);
    await rejects.close();
    expect(sync).toHaveBeenCalledTimes(4);
  });

  it("is not waited for on a device, which has no disk", async () => {
    const rejects = await RejectsFile.append(nullDevice());
    await rejects.write([Buffer.from("x")]);
    await rejects.close();
    expect(sync).toHaveBeenCalledTimes(0);
  });

  it("has failed when the disk does not take it", async () => {
    const rejects = await RejectsFile.create(file());
    await rejects.write([Buffer.from("x")]);
    sync.mockRejectedValueOnce(new Error("EIO"));
    const message = `the rejects file ${file()} cannot be written (EIO); name another with --rejects`;
    await expect(rejects.flush()).rejects.toThrow(message);
    await expect(rejects.flush()).rejects.toThrow(message);
    expect(rejects.failed.reason).toEqual(new CommandError(message));
    await expect(rejects.write([Buffer.from("y")])).rejects.toBe(rejects.failed.reason);
    await expect(rejects.close()).rejects.toBe(rejects.failed.reason);
    expect(content()).toBe("x\n");
  });

  it("is as safe where the folder cannot be synchronized, as on Windows", async () => {
    const rejects = await RejectsFile.append(file());
    await rejects.write([Buffer.from("x")]);
    sync.mockResolvedValueOnce(undefined).mockRejectedValueOnce(new Error("EPERM"));
    await expect(rejects.flush()).resolves.toBeUndefined();
    await rejects.close();
  });
});

describe("a rejects file that cannot be written", () => {
  it("still has the lines before on the disk: what comes before the failure may be passed", async () => {
    const rejects = await RejectsFile.create(file());
    await rejects.write([Buffer.from("kept")]);
    await rejects.flush();
    const handle = await open(directory.path);
    await handle.close();
    jest.spyOn(Object.getPrototypeOf(handle), "appendFile").mockRejectedValueOnce(new Error("ENOSPC"));
    await expect(rejects.write([Buffer.from("x")])).rejects.toThrow("(ENOSPC)");
    jest.restoreAllMocks();
    await expect(rejects.flush()).resolves.toBeUndefined();
    await expect(rejects.close()).rejects.toBe(rejects.failed.reason);
    expect(content()).toBe("kept\n");
  });

  it.each([
    ["named by the user", RejectsFile.append, "EISDIR"],
    ["of no other run", (name: string) => RejectsFile.create(path.join(name, "no", "file")), "ENOENT"],
  ])(
    "%s cannot be opened: the message has the path, the reason and the remedy",
    async (_, openFile, code) => {
      const opening = openFile(directory.path);
      await expect(opening).rejects.toThrow(CommandError);
      await expect(opening).rejects.toThrow(
        new RegExp(
          `^the rejects file ${directory.path}\\S* cannot be written \\(${code}: .*\\); name another with --rejects$`,
        ),
      );
    },
  );

  it("fails each write with the same error, so that no number of them piles up", async () => {
    const rejects = await RejectsFile.append(FULL_DISK);
    const errors = [];
    for (let line = 0; line < 3; line++)
      errors.push(await rejects.write([Buffer.from("x")]).catch((error) => error));
    expect(errors[0]).toEqual(
      new CommandError(
        `the rejects file ${FULL_DISK} cannot be written (ENOSPC: no space left on device, write); name another with --rejects`,
      ),
    );
    expect(new Set(errors)).toEqual(new Set([rejects.failed.reason]));
    expect(errors[1]).toBe(errors[0]);
    expect(rejects.isUsed).toBe(false);
    await expect(rejects.close()).rejects.toBe(errors[0]);
  });
});

describe("defaultRejectsPath", () => {
  const clock = new VirtualClock(Date.parse("2026-11-23T07:21:57.123Z"));
  it.each([
    ["/data/posts.ndjson.gz", "posts.ndjson.gz.rejects-20261123T072157Z.ndjson"],
    ["-", "stdin.rejects-20261123T072157Z.ndjson"],
    [undefined, "produce.rejects-20261123T072157Z.ndjson"],
  ])("is in the current directory and named after %s and the time", (input, expected) => {
    expect(defaultRejectsPath(input, clock)).toBe(expected);
  });
});
