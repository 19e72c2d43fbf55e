import { readFileSync } from "node:fs";

/** A page's text without what its code blocks hold. */
export function proseOf(file: string): string {
  return readFileSync(file, "utf8").replace(/^```.*?^```/gms, "");
}

/**
 * The rows of the first table under a heading, without its own heading row; backticks are removed from the cells.
 * @throws Error if there is no such heading, or no table under it
 */
export function tableUnder(file: string, heading: string): string[][] {
  const sections = proseOf(file).split(/^#+ /m);
  const section = sections.find((text) => text.startsWith(`${heading}\n`));
  const lines = section
    ?.match(/(?:^\|.*\n?)+/m)?.[0]
    .trim()
    .split("\n");
  if (!lines) throw new Error(`${file} has no table under the heading ${heading}`);
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.replaceAll("`", "").trim()),
  );
}

/** What a link can point at in a page, as GitHub makes it of the headings. */
export function anchorsOf(file: string): string[] {
  return [...proseOf(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The targets of a page's links. */
export function linksOf(file: string): string[] {
  return [...proseOf(file).matchAll(/\]\(\s*([^)\s]+)\s*\)/g)].map(([, target = ""]) => target);
}
