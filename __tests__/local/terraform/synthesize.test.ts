import { readdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { synthesize } from "../../../local/terraform/synthesize";

afterEach(() => {
  jest.restoreAllMocks();
});

/** The names of all files that a synthesis writes while this process has these variables. */
async function synthesizedFiles(variables: Record<string, string>): Promise<string[]> {
  jest.replaceProperty(process, "env", { PATH: process.env.PATH, ...variables });
  const { file } = await synthesize();
  const folder = resolve(file, "../../..");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  rmSync(folder, { recursive: true });
  return names;
}

describe("A stack that is synthesized for the local cloud", () => {
  it("has the functions as they would be deployed", async () => {
    const files = await synthesizedFiles({});
    expect(files.filter((name) => name.endsWith("index.mjs"))).not.toEqual([]);
    expect(files.filter((name) => name.endsWith(".map"))).toEqual([]);
  });

  it("has source maps of its functions under VS Code's debugger", async () => {
    const files = await synthesizedFiles({ VSCODE_INSPECTOR_OPTIONS: "{}" });
    expect(files).toContainEqual(expect.stringMatching(/assets.*index\.mjs\.map$/));
  });
});
