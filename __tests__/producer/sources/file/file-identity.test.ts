import { createHash } from "node:crypto";
import { appendFileSync, truncateSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { FileIdentity } from "../../../../producer/sources/file/file-identity";
import { useTemporaryDirectory } from "../../../support/temporary-directory";

const HEAD = 65_536;
const directory = useTemporaryDirectory();
const at = (name: string) => path.join(directory.path, name);
const sha256 = (content: string) => createHash("sha256").update(content).digest("hex");

const handles: FileHandle[] = [];
afterEach(async () => {
  for (const handle of handles.splice(0)) await handle.close();
});

/** A file with this content, as a run sees it that has opened it. */
async function file(content: string, name = "posts"): Promise<FileIdentity> {
  writeFileSync(at(name), content);
  const handle = await open(at(name));
  handles.push(handle);
  return new FileIdentity(handle);
}

describe("a file's identity", () => {
  it("is its size and the hash of its first 64 KiB", async () => {
    expect(await (await file("abc")).identify()).toEqual({
      size: 3,
      headBytes: 3,
      headSha256: sha256("abc"),
    });
    expect(await (await file("x".repeat(HEAD + 1))).identify()).toEqual({
      size: HEAD + 1,
      headBytes: HEAD,
      headSha256: sha256("x".repeat(HEAD)),
    });
  });

  it.each([
    ["the same", "abc", "abc", "same"],
    ["one that was appended to", "abc", "abcd", "grown"],
    ["an empty one", "", "", "same"],
    ["another one of the same size", "abc", "abd", "different"],
    ["another, longer one", "abc", "abd1", "different"],
    ["a shorter one", "abc", "ab", "different"],
    ["one that is long and differs late", `${"x".repeat(HEAD)}a`, `${"x".repeat(HEAD)}b`, "same"],
    [
      "one that is long and was cut behind its beginning",
      `${"x".repeat(HEAD)}ab`,
      `${"x".repeat(HEAD)}a`,
      "different",
    ],
  ])("is compared with that of %s", async (_, before, now, expected) => {
    const identity = await (await file(before)).identify();
    expect(await (await file(now)).compare(identity)).toBe(expected);
  });

  it("is not that of a file that was empty once: every file begins with nothing", async () => {
    const identity = await (await file("")).identify();
    expect(await (await file("abc")).compare(identity)).toBe("different");
  });

  it.each([undefined, {}, { size: "3" }])("is not %j", async (identity) => {
    expect(await (await file("abc")).compare(identity)).toBe("different");
  });
});

describe("a file's identity, taken again while it is read", () => {
  it("has more of a beginning that was short at first, and the size from then", async () => {
    const identity = await file("");
    const first = await identity.identify();
    appendFileSync(at("posts"), "abc");
    const second = await identity.identify(first);
    expect(second).toEqual({ size: 0, headBytes: 3, headSha256: sha256("abc") });
    appendFileSync(at("posts"), "x".repeat(HEAD));
    const third = await identity.identify(second);
    expect(third).toEqual({ size: 0, headBytes: HEAD, headSha256: sha256(`abc${"x".repeat(HEAD - 3)}`) });
    expect(await identity.compare(third)).toBe("grown");
    expect(await (await file("abd".repeat(HEAD))).compare(third)).toBe("different");
  });

  it("stays as it is once its beginning is complete, or is no longer the same", async () => {
    const long = await file("x".repeat(HEAD));
    const known = await long.identify();
    appendFileSync(at("posts"), "y");
    expect(await long.identify(known)).toEqual(known);

    const short = await file("abc", "short");
    const before = await short.identify();
    truncateSync(at("short"), 0);
    writeFileSync(at("short"), "abdefg");
    expect(await short.identify(before)).toEqual(before);
  });
});
