import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";

/** A row of a table ends with the file and the name of the test that shows it. */
const SHOWN_BY = /`(__tests__\/[^`]+)`: "([^"]+)"/g;

describe("docs/faults.md", () => {
  const shown = [...readFileSync("docs/faults.md", "utf8").matchAll(SHOWN_BY)].map(
    ([, file = "", name = ""]) => ({ file, name }),
  );

  it.each(shown)("quotes a test that exists: $name", ({ file, name }) => {
    expect(readFileSync(file, "utf8")).toContain(`"${name}"`);
  });

  it("has a test in every row", () => {
    const rows = readFileSync("docs/faults.md", "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| ") && !line.startsWith("| fault") && !line.startsWith("| ---"));
    expect(rows.filter((row) => !row.match(SHOWN_BY))).toEqual([]);
  });
});
