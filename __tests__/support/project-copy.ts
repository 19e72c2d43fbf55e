import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { temporaryDirectory } from "./temporary-directory";

const PROJECT = resolve(__dirname, "../..");

/** What the project needs to run. */
const PARTS = [
  "events",
  "functions",
  "infrastructure",
  "kinesis-writer",
  "local",
  "operator",
  "producer",
  "shared",
  "cdktf.json",
  "main.ts",
  "package.json",
  "tsconfig.json",
];

/** An edit of a file of the project: where a text, which must be there, becomes another. */
export interface Edit {
  file: string;
  from: string;
  to: string;
}

/** Copies the project into a folder of its own, where it can run, and edits the copy. */
export function copyOfProject(...edits: Edit[]): string {
  const copy = temporaryDirectory();
  for (const part of PARTS) cpSync(join(PROJECT, part), join(copy, part), { recursive: true });
  symlinkSync(join(PROJECT, "node_modules"), join(copy, "node_modules"));
  for (const { file, from, to } of edits) {
    const text = readFileSync(join(copy, file), "utf8");
    if (!text.includes(from)) throw new Error(`${file} no longer holds ${from}`);
    writeFileSync(
      join(copy, file),
      text.replace(from, () => to),
    );
  }
  return copy;
}
