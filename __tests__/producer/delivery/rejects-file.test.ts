import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { defaultRejectsPath, RejectsFile } from "../../../producer/delivery/rejects-file";
import { moment } from "../../support/moment";
import { useTemporaryDirectory } from "../../support/temporary-directory";
import { VirtualClock } from "../../support/virtual-clock";

const directory = useTemporaryDirectory();

function file(): string {
  return path.join(directory.path, "kept.ndjson");
}

describe("RejectsFile", () => {
  it("is not created when nothing is written", async () => {
    const rejects = new RejectsFile(file());
    await rejects.close();
    expect(rejects.isUsed).toBe(false);
    expect(() => readFileSync(file())).toThrow("ENOENT");
  });

  it("has in its file what was written, once that is flushed", async () => {
    const rejects = new RejectsFile(file());
    await rejects.flush();
    const bytes = Buffer.alloc(1_000_000, "x");
    const written = rejects.write([bytes]);
    await rejects.flush();
    expect(readFileSync(file()).equals(Buffer.concat([bytes, Buffer.from("\n")]))).toBe(true);
    await written;
    await rejects.close();
  });

  it("keeps lines whole that are written at the same time", async () => {
    const { reached, reach } = moment();
    async function* slow() {
      yield Buffer.from("slow ");
      await reached;
      yield Buffer.from("line");
    }
    const rejects = new RejectsFile(file());
    const writes = [rejects.write(slow()), rejects.write([Buffer.from("other line")])];
    reach();
    await Promise.all(writes);
    await rejects.close();
    expect(readFileSync(file(), "utf8")).toBe("slow line\nother line\n");
  });

  it("continues after a line whose bytes could not be read", async () => {
    async function* broken() {
      yield Buffer.from("half");
      throw new Error("unreadable");
    }
    const rejects = new RejectsFile(file());
    await expect(rejects.write(broken())).rejects.toThrow("unreadable");
    await rejects.write([Buffer.from("next")]);
    await rejects.close();
    expect(readFileSync(file(), "utf8")).toBe("half\nnext\n");
  });

  it("appends to an existing file", async () => {
    writeFileSync(file(), "before\n");
    const rejects = new RejectsFile(file());
    await rejects.write([Buffer.from("after")]);
    await rejects.close();
    expect(readFileSync(file(), "utf8")).toBe("before\nafter\n");
  });

  it("names the file that cannot be written", async () => {
    await expect(new RejectsFile(directory.path).write([Buffer.from("x")])).rejects.toThrow(
      /^the rejects file .* cannot be written \(.*EISDIR.*\); name another with --rejects$/,
    );
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
