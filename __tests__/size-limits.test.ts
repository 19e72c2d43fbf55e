import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "@jest/globals";
import { parseSync } from "@swc/core";
import { tableUnder } from "./support/markdown";

// What biome reports as too long is, but it counts neither a function's first and last line, nor the closing braces
// of functions within it, nor the lines of a template. Here every line counts.

const PROJECT = path.join(__dirname, "..");
const MAX_FUNCTION_LINES = 70;
const MAX_FILE_LINES = 300;

const FUNCTIONS = new Set([
  "ArrowFunctionExpression",
  "ClassMethod",
  "Constructor",
  "FunctionDeclaration",
  "FunctionExpression",
  "GetterProperty",
  "MethodProperty",
  "PrivateMethod",
  "SetterProperty",
]);

/** What a newcomer reads to understand the architecture, in an hour. */
const MAX_LINES_TO_READ_FIRST = 2_500;
const MAX_README_LINES = 150;

describe("size limits", () => {
  const files = sources(PROJECT);

  test(`no function is longer than ${MAX_FUNCTION_LINES} lines, from its first to its last`, () => {
    const tooLong = files.flatMap((file) =>
      functions(readFileSync(file, "utf8"))
        .filter(({ lines }) => lines > MAX_FUNCTION_LINES)
        .map(({ line, lines }) => `${path.relative(PROJECT, file)}:${line}: ${lines} lines`),
    );
    expect(tooLong).toEqual([]);
  });

  test(`no file is longer than ${MAX_FILE_LINES} lines`, () => {
    const tooLong = files
      .map((file) => ({ file, lines: newlines(readFileSync(file)) }))
      .filter(({ lines }) => lines > MAX_FILE_LINES)
      .map(({ file, lines }) => `${path.relative(PROJECT, file)}: ${lines} lines`);
    expect(tooLong).toEqual([]);
  });

  test(`what the README says to read first has at most ${MAX_LINES_TO_READ_FIRST} lines, and as many as it says`, () => {
    const stops = tableUnder("README.md", "Where to read first").map(([stop = "", lines]) => {
      const room = path.join(PROJECT, stop.replace(/^\d+\. /, ""));
      const inRoom = files.filter((file) => file.startsWith(room));
      return { stop, says: Number(lines), has: sum(inRoom.map((file) => newlines(readFileSync(file)))) };
    });
    expect(sum(stops.map(({ has }) => has))).toBeLessThanOrEqual(MAX_LINES_TO_READ_FIRST);
    expect(stops.filter(({ says, has }) => Math.abs(says - has) > has / 10)).toEqual([]);
  });

  test(`the README has at most ${MAX_README_LINES} lines`, () => {
    expect(newlines(readFileSync(path.join(PROJECT, "README.md")))).toBeLessThanOrEqual(MAX_README_LINES);
  });

  test("count a function's first and last line, and those of each function within it", () => {
    const source = "// é\nfunction outer(\n  a: A,\n) {\n  x(() => {\n    `\n\n`;\n    // end\n  });\n}\n";
    expect(functions(source)).toEqual([
      { line: 2, lines: 10 },
      { line: 5, lines: 6 },
    ]);
  });
});

function sources(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const found = path.join(directory, entry.name);
    if (entry.isDirectory())
      return /^(\..*|node_modules|cdktf\.out|coverage)$/.test(entry.name) ? [] : sources(found);
    return /\.[mc]?ts$|\.[mc]?js$/.test(entry.name) ? [found] : [];
  });
}

/** Every function of a source: the line it begins at, and how many it has. */
function functions(source: string) {
  // swc's positions are bytes, from an origin that moves with each call: the first statement marks it.
  const bytes = Buffer.from(`;${source}`);
  const { body } = parseSync(bytes.toString(), { syntax: "typescript", target: "es2022" });
  const origin = body[0]?.span.start ?? 0;
  return nodes(body)
    .filter(({ type }) => FUNCTIONS.has(type))
    .map(({ span }) => ({
      line: newlines(bytes.subarray(0, span.start - origin)) + 1,
      lines: newlines(bytes.subarray(span.start - origin, span.end - origin)) + 1,
    }));
}

interface SyntaxNode {
  readonly type: string;
  readonly span: { readonly start: number; readonly end: number };
}

/** All nodes of a syntax tree, each before those within it. */
function nodes(tree: unknown): SyntaxNode[] {
  if (typeof tree !== "object" || tree === null) return [];
  const within = Object.values(tree).flatMap(nodes);
  return isNode(tree) ? [tree, ...within] : within;
}

function isNode(value: object): value is SyntaxNode {
  return "type" in value && typeof value.type === "string" && "span" in value;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function newlines(bytes: Buffer): number {
  return bytes.filter((byte) => byte === 0x0a).length;
}
