import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeEach } from "@jest/globals";

/** Gives every test of a file an empty directory. */
export function useTemporaryDirectory(): { readonly path: string } {
  const directory = { path: "" };
  beforeEach(() => {
    directory.path = mkdtempSync(path.join(tmpdir(), "test-"));
  });
  afterEach(() => rmSync(directory.path, { recursive: true, force: true }));
  return directory;
}

const created: string[] = [];

// Deleted when the test file that imports this is done.
afterAll(() => {
  for (const directory of created) rmSync(directory, { recursive: true, force: true });
});

/** An empty directory, kept until all tests of the file are done. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), "test-"));
  created.push(directory);
  return directory;
}
