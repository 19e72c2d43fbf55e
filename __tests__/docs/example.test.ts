import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { RejectedRecord } from "../../events/rejected-record";

mkdirSync(".local", { recursive: true });
const folder = mkdtempSync(resolve(".local", "example-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Where the example is meant to be. */
const PLACE = "producer/sources/mastodon";

/** The first code block of a page in a language. */
function codeOf(page: string, language: string): string {
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "ms");
  return block.exec(readFileSync(page, "utf8"))?.[1] ?? "";
}

describe("The rejected record in docs/operating.md", () => {
  it("has the format of one, and no other fields", () => {
    const record = JSON.parse(codeOf("docs/operating.md", "json"));
    expect(v.parse(RejectedRecord, record)).toEqual(record);
  });
});

describe("The source in docs/sources.md", () => {
  it("compiles", async () => {
    const example = codeOf("docs/sources.md", "ts");
    const code = example.replace(/from "(\.[^"]+)"/g, (_, path) => `from "${resolve(PLACE, path)}"`);
    expect(code).toContain("SourceDefinition");

    writeFileSync(join(folder, "mastodon.ts"), code);
    const project = { extends: resolve("tsconfig.json"), include: ["*.ts"], exclude: [] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
    const compiler = resolve("node_modules/typescript/bin/tsc");
    const compiling = promisify(execFile)(process.execPath, [compiler, "--project", folder]);
    expect(await compiling.catch(({ stdout }) => ({ stdout }))).toMatchObject({ stdout: "" });
  });
});
