import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { Receipts } from "../../../producer/delivery/receipts";
import { ExitCode } from "../../../shared/errors";
import { fullDisk } from "../../support/full-disk";
import { useTemporaryDirectory } from "../../support/temporary-directory";

const FULL_DISK = fullDisk();

const directory = useTemporaryDirectory();
const position = (sequenceNumber: string) => ({ shardId: "shard", sequenceNumber });

describe("receipts", () => {
  it("are in the file as soon as they are added, and replace what was there", async () => {
    const file = path.join(directory.path, "receipts");
    writeFileSync(file, "an earlier run\n");
    const receipts = new Receipts(file);
    receipts.add([position("1"), position("2")]);
    receipts.add([]);
    receipts.add([position("3")]);
    expect(readFileSync(file, "utf8")).toBe("shard 1\nshard 2\nshard 3\n");
    await receipts.close();
  });

  it("are closed once", async () => {
    const file = path.join(directory.path, "receipts");
    const receipts = new Receipts(file);
    await receipts.close();
    await expect(receipts.close()).rejects.toThrow(
      `the receipts file ${file} cannot be written (EBADF: bad file descriptor, close); name another with --receipts`,
    );
    expect(() => receipts.add([position("1")])).toThrow("EBADF");
  });

  it("that cannot be written name the file and the remedy", () => {
    const message = (problem: string) =>
      expect.objectContaining({
        message: `the receipts file ${problem}; name another with --receipts`,
        exitCode: ExitCode.failed,
      });
    expect(() => new Receipts("no/such/folder")).toThrow(
      message(
        "no/such/folder cannot be written (ENOENT: no such file or directory, open 'no/such/folder')",
      ) as unknown as Error,
    );
    const full = new Receipts(FULL_DISK);
    expect(() => full.add([position("1")])).toThrow(
      message(`${FULL_DISK} cannot be written (ENOSPC: no space left on device, write)`) as unknown as Error,
    );
  });
});
