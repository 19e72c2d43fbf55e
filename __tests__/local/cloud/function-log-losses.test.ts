import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { openFunctionLog } from "../../../local/cloud/function-log";
import { until } from "../../support/moment";
import { temporaryDirectory } from "../../support/temporary-directory";

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("A function's log", () => {
  it("is for its user only, also where an earlier version left it open to others", async () => {
    const folder = join(temporaryDirectory(), "logs");
    const file = join(folder, "function.log");
    mkdirSync(folder, { mode: 0o755 });
    writeFileSync(file, "of the run before", { mode: 0o644 });
    chmodSync(file, 0o644);
    const log = await openFunctionLog(file, () => undefined);
    await new Promise<void>((resolve) => log.end("line\n", () => resolve()));
    expect([modeOf(folder), modeOf(file), readFileSync(file, "utf8")]).toEqual([0o700, 0o600, "line\n"]);
  });

  const withFullDisk = process.platform === "linux" ? it : it.skip;

  withFullDisk("on a full disk ends with one sentence, and the function continues", async () => {
    const file = join(temporaryDirectory(), "function.log");
    symlinkSync("/dev/full", file);
    const problems: string[] = [];
    const log = await openFunctionLog(file, (message) => problems.push(message));
    log.write("line\n");
    await until(() => problems.length > 0);
    log.write("another line\n");
    await new Promise((resolve) => log.write("a third\n", resolve));
    expect(problems).toEqual([
      `the log ${file} cannot be written (ENOSPC: no space left on device, write); what the function prints from now on is not kept`,
    ]);
  });

  it("in a folder that cannot be made is none, with one sentence", async () => {
    const notAFolder = join(temporaryDirectory(), "file");
    writeFileSync(notAFolder, "");
    const problems: string[] = [];
    const log = await openFunctionLog(join(notAFolder, "function.log"), (message) => problems.push(message));
    await new Promise((resolve) => log.write("line\n", resolve));
    expect(problems).toEqual([
      expect.stringContaining(`the log ${notAFolder}/function.log cannot be written (`),
    ]);
  });
});
