import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { requireSeparateFiles } from "../../../producer/delivery/separate-files";
import { useTemporaryDirectory } from "../../support/temporary-directory";

const directory = useTemporaryDirectory();
const at = (name: string) => path.join(directory.path, name);

/** What is wrong with files of these names, of which the first is the input; undefined if nothing is. */
async function faultOf(input: string | undefined, ...outputs: string[]): Promise<string | undefined> {
  const before = readdirSync(directory.path);
  const fault = await requireSeparateFiles(
    input === undefined ? undefined : at(input),
    outputs.map((name, index) => ({ label: `--output${index} ${name}`, path: at(name) })),
  ).then(
    () => undefined,
    (error) => {
      expect(error.exitCode).toBe(2);
      return error.message;
    },
  );
  expect(readdirSync(directory.path)).toEqual(before);
  return fault;
}

beforeEach(() => {
  writeFileSync(at("posts"), "a post\n");
  writeFileSync(at("other"), "another\n");
  mkdirSync(at("folder"));
});

describe("an output that is the input", () => {
  it.each([
    ["by its own name", "posts", () => undefined],
    ["by another path", "folder/../posts", () => undefined],
    ["by a symbolic link", "link", () => symlinkSync("posts", at("link"))],
    ["by a hard link", "link", () => linkSync(at("posts"), at("link"))],
    ["through a link to its folder", "link/posts", () => symlinkSync(directory.path, at("link"))],
  ])("is found %s", async (_, name, prepare) => {
    prepare();
    expect(await faultOf("posts", "other", name)).toBe(
      `--output1 ${name} is the input itself; name another file`,
    );
    expect(readFileSync(at("posts"), "utf8")).toBe("a post\n");
  });

  it("is not one that has the same content, or whose name does not exist", async () => {
    writeFileSync(at("copy"), "a post\n");
    expect(await faultOf("posts", "copy", "other", "new")).toBeUndefined();
  });

  it("is found where the input does not exist yet", async () => {
    expect(await faultOf("new", "folder/../new")).toBe(
      "--output0 folder/../new is the input itself; name another file",
    );
  });
});

describe("an output that is another output", () => {
  it.each([
    ["that exists, by a hard link", "other", "link", () => linkSync(at("other"), at("link"))],
    ["that does not exist yet", "new", "folder/../new", () => undefined],
    ["in a folder that does not exist yet", "a/b/new", "folder/../a/b/new", () => undefined],
    [
      "that does not exist yet, by a link to its folder",
      "new",
      "link/new",
      () => symlinkSync(".", at("link")),
    ],
    ["that does not exist yet, by a relative link", "new", "link", () => symlinkSync("new", at("link"))],
    ["that does not exist yet, by an absolute link", "new", "link", () => symlinkSync(at("new"), at("link"))],
    ["but for upper and lower case", "new", "NEW", () => undefined],
    ["but for how an accent is written", "caf\u00e9", "cafe\u0301", () => undefined],
  ])("is found %s", async (_, first, second, prepare) => {
    prepare();
    for (const input of ["posts", undefined])
      expect(await faultOf(input, first, second)).toBe(
        `--output1 ${second} is the same file as --output0 ${first}; name another file`,
      );
  });

  it.each([
    ["names that differ", "new", "newer"],
    ["folders that differ", "folder/new", "new"],
    ["new folders that differ", "a/new", "b/new"],
  ])("is not one of %s", async (_, first, second) => {
    expect(await faultOf("posts", first, second)).toBeUndefined();
  });

  it("may be a device, which any number may write", async () => {
    const outputs = ["--rejects", "--receipts"].map((label) => ({ label, path: "/dev/null" }));
    await expect(requireSeparateFiles("/dev/null", outputs)).resolves.toBeUndefined();
  });

  it("ends with the root where a path has no folder that exists", async () => {
    const outputs = [{ label: "--rejects", path: "/no-such-folder/new" }];
    await expect(requireSeparateFiles(undefined, outputs)).resolves.toBeUndefined();
  });
});
