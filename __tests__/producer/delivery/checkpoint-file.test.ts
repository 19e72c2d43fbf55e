import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import {
  CheckpointFile,
  companionFiles,
  type SavedCheckpoint,
} from "../../../producer/delivery/checkpoint-file";
import { CommandError } from "../../../shared/errors";
import { useTemporaryDirectory } from "../../support/temporary-directory";

const directory = useTemporaryDirectory();
const at = (name: string) => path.join(directory.path, name);
const CONTENT: SavedCheckpoint = {
  source: "file",
  stream: "the stream posts",
  streamArn: "arn",
  streamCreatedAt: "2026-11-23T00:00:00.000Z",
  input: { any: "thing" },
  position: 7,
  complete: false,
  savedAt: "2026-11-23T00:00:01.000Z",
};

describe("a checkpoint's file", () => {
  it("holds nothing at first, then what was written last, and nothing else is left beside it", async () => {
    const file = await CheckpointFile.open(at("folder/c.json"));
    expect(await file.read()).toBeUndefined();
    await file.write({ ...CONTENT, position: "cursor" });
    await file.write(CONTENT);
    expect(await file.read()).toEqual(CONTENT);
    expect(readFileSync(at("folder/c.json"), "utf8")).toBe(`${JSON.stringify(CONTENT, undefined, 2)}\n`);
    expect(readdirSync(at("folder"))).toEqual(["c.json", "c.json.lock"]);
    await file.close();
    expect(readdirSync(at("folder"))).toEqual(["c.json"]);
  });

  it("is replaced, not rewritten, so that whoever reads it meanwhile has the old content whole", async () => {
    const file = await CheckpointFile.open(at("c.json"));
    await file.write(CONTENT);
    const before = lstatSync(at("c.json")).ino;
    await file.write(CONTENT);
    expect(lstatSync(at("c.json")).ino).not.toBe(before);
    await file.close();
  });

  it("is replaced where a symbolic link leads to, and the link stays", async () => {
    mkdirSync(at("elsewhere"));
    writeFileSync(at("elsewhere/c.json"), JSON.stringify(CONTENT));
    symlinkSync("elsewhere/c.json", at("link"));
    const file = await CheckpointFile.open(at("link"));
    expect(readdirSync(at("elsewhere"))).toEqual(["c.json", "c.json.lock"]);
    await file.write({ ...CONTENT, position: 8 });
    expect(lstatSync(at("link")).isSymbolicLink()).toBe(true);
    expect(JSON.parse(readFileSync(at("elsewhere/c.json"), "utf8")).position).toBe(8);
    await expect(CheckpointFile.open(at("elsewhere/c.json"))).rejects.toThrow("is in use");
    await file.close();
    expect(await companionFiles(at("link"))).toEqual([
      at("elsewhere/c.json.tmp"),
      at("elsewhere/c.json.lock"),
    ]);
  });

  it("is used by one run at a time", async () => {
    const file = await CheckpointFile.open(at("c.json"));
    await expect(CheckpointFile.open(at("c.json"))).rejects.toThrow(
      new CommandError(
        `the checkpoint ${at("c.json")} is in use by another run (process ${process.pid}); wait until that has ended, or name another file with --checkpoint`,
      ),
    );
    await file.close();
    await (await CheckpointFile.open(at("c.json"))).close();
  });

  it("is not written by a run that has lost it to another", async () => {
    const file = await CheckpointFile.open(at("c.json"));
    await file.write(CONTENT);
    writeFileSync(at("c.json.lock"), JSON.stringify({ id: "another", pid: process.pid }));
    await expect(file.write({ ...CONTENT, position: 8 })).rejects.toThrow("is in use by another run");
    expect((await file.read())?.position).toBe(7);
  });
});

describe("a checkpoint's file is an error", () => {
  it.each([
    ["that is not JSON", "{"],
    ["of another shape", '{"source":"file"}'],
    ["of another kind of position", JSON.stringify({ ...CONTENT, position: {} })],
  ])("%s", async (_, content) => {
    writeFileSync(at("c.json"), content);
    const file = await CheckpointFile.open(at("c.json"));
    await expect(file.read()).rejects.toThrow(
      new CommandError(`${at("c.json")} is not a checkpoint; name another file with --checkpoint`),
    );
    await file.close();
  });

  it("that is a folder", async () => {
    mkdirSync(at("c.json"));
    const file = await CheckpointFile.open(at("c.json"));
    await expect(file.read()).rejects.toThrow(
      new CommandError(
        `the checkpoint ${at("c.json")} cannot be read: EISDIR: illegal operation on a directory, read`,
      ),
    );
    await expect(file.write(CONTENT)).rejects.toThrow(
      new RegExp(
        `^the checkpoint ${at("c.json")} cannot be written \\(EISDIR: .*\\); name another with --checkpoint$`,
      ),
    );
    await file.close();
  });

  it("whose folder is a file", async () => {
    writeFileSync(at("file"), "");
    const opening = CheckpointFile.open(at("file/c.json"));
    await expect(opening).rejects.toThrow(CommandError);
    await expect(opening).rejects.toThrow(
      new RegExp(
        `^the checkpoint ${at("file/c.json")} cannot be written \\(EEXIST: .*\\); name another with --checkpoint$`,
      ),
    );
  });
});
