import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { forbidden } from "../.dependency-cruiser.cjs";
import packageJson from "../package.json";
import { temporaryDirectory } from "./support/temporary-directory";

// Small trees with the project's folder names are checked as `npm run check` checks the project.

const PROJECT = path.join(__dirname, "..");
const SETTINGS = ["package.json", ".dependency-cruiser.cjs", "biome.json", "import-types.grit", ".gitignore"];

/** What each tree has: a file for each room, and packages that are declared, for development only, or not declared. */
const TREE = [
  "bench/bench.ts",
  "events/post.ts",
  "functions/processor/handler.ts",
  "infrastructure/stack.ts",
  "kinesis-writer/writer.ts",
  "local/chaos/chaos.ts",
  "local/cli.ts",
  "local/cloud/cloud.ts",
  "local/commands/start.ts",
  "local/gateway/gateway.ts",
  "local/lambda/sandbox.ts",
  "local/terraform/document.ts",
  "main.ts",
  "node_modules/@cdktf/provider-aws/index.js",
  "node_modules/@cdktf/provider-aws/lib/kinesis-stream/index.js",
  "node_modules/cdktf/index.js",
  "node_modules/fast-check/index.js",
  "node_modules/kinesalite/index.js",
  "node_modules/undeclared/index.js",
  "node_modules/valibot/index.js",
  "mutation/rooms.ts",
  "operator/caller.ts",
  "operator/explore/explore.ts",
  "operator/redrive/redrive.ts",
  "producer/delivery/watermark.ts",
  "producer/produce.ts",
  "producer/sources/file/file.ts",
  "producer/sources/index.ts",
  "producer/sources/live/live-stream.ts",
  "producer/sources/source.ts",
  "producer/sources/x/x.ts",
  "shared/backoff.ts",
  "shared/terminal.ts",
  "test-servers/server.ts",
  "__tests__/support/support.ts",
];

const RIGHT: readonly (readonly [file: string, source: string])[] = [
  ["main.ts", 'import "./infrastructure/stack"; import "cdktf";'],
  ["infrastructure/a.ts", 'import "../events/post"; import "@cdktf/provider-aws/lib/kinesis-stream";'],
  ["events/a.ts", 'import "./post"; import "valibot"; import "node:crypto";'],
  ["functions/processor/a.ts", 'import "../../events/post"; import "../../shared/backoff";'],
  ["kinesis-writer/a.ts", 'import "../shared/terminal";'],
  [
    "producer/a.ts",
    'import "./sources/index"; import "./delivery/watermark"; import "../kinesis-writer/writer";',
  ],
  ["producer/delivery/a.ts", 'import "../sources/source"; import "../../events/post";'],
  ["producer/sources/index.ts", 'import "./file/file"; import "./x/x";'],
  ["producer/sources/live/a.ts", 'import "../source"; import "../../../shared/backoff";'],
  ["producer/sources/x/a.ts", 'import "./x"; import "../live/live-stream"; import "../source";'],
  ["operator/redrive/a.ts", 'import "../caller"; import "../../kinesis-writer/writer";'],
  ["local/cli.ts", 'import "./commands/start";'],
  ["local/gateway/a.ts", 'import "../../shared/terminal"; import "kinesalite";'],
  ["local/chaos/a.ts", 'import "../gateway/gateway";'],
  ["local/lambda/a.ts", 'import "../gateway/gateway";'],
  ["local/terraform/a.ts", 'import "../lambda/sandbox"; import "../gateway/gateway";'],
  ["local/cloud/a.ts", 'import "../terraform/document";'],
  ["local/commands/a.ts", 'import "../cloud/cloud"; import "../../events/post";'],
  ["test-servers/a.ts", 'import "../events/post"; import "../shared/terminal"; import "fast-check";'],
  ["bench/a.ts", 'import "../functions/processor/handler"; import "../test-servers/server";'],
  ["mutation/a.ts", 'import "./rooms"; import "../shared/terminal";'],
  [
    "__tests__/infrastructure/a.ts",
    'import "../../infrastructure/stack"; import "cdktf"; import "fast-check";',
  ],
  ["__tests__/a.ts", 'import "./support/support"; import "../bench/bench"; import "../test-servers/server";'],
];

// In each way there is to import something.
const WRONG: readonly (readonly [rule: string, file: string, source: string])[] = [
  ["main.ts", "main.ts", 'import "./events/post";'],
  ["infrastructure/", "infrastructure/b.ts", 'import type {} from "../functions/processor/handler";'],
  ["events/", "events/b.ts", 'export * from "../shared/terminal";'],
  ["functions/", "functions/processor/b.ts", 'export const later = () => import("../../shared/terminal");'],
  [
    "functions/",
    "functions/processor/c.ts",
    'import { type Post } from "../processor/../../producer/produce";',
  ],
  ["kinesis-writer/", "kinesis-writer/b.ts", 'export type { Post } from "../events/post";'],
  ["producer/*.ts", "producer/b.ts", 'import "./sources/x/x";'],
  ["producer/*.ts", "producer/c.ts", 'import "../local/gateway/gateway";'],
  ["producer/delivery/", "producer/delivery/b.ts", 'import type {} from "../produce";'],
  ["producer/sources/index.ts", "producer/sources/index.ts", 'import "../delivery/watermark";'],
  ["producer/sources/source.ts", "producer/sources/source.ts", 'import type {} from "./x/x";'],
  ["producer/sources/live/", "producer/sources/live/b.ts", 'import "../x/x";'],
  ["producer/sources/*/", "producer/sources/x/b.ts", 'import "../file/file";'],
  ["operator/*/", "operator/redrive/b.ts", 'import "../explore/explore";'],
  ["operator/*.ts", "operator/b.ts", 'import type {} from "./redrive/redrive";'],
  ["local/cli.ts", "local/cli.ts", 'import "./cloud/cloud";'],
  ["local/gateway/", "local/gateway/b.mjs", 'import "../chaos/chaos.ts";'],
  ["local/chaos/", "local/chaos/b.ts", 'import type {} from "../lambda/sandbox";'],
  ["local/lambda/", "local/lambda/b.ts", 'import "../terraform/document";'],
  ["local/terraform/", "local/terraform/b.ts", 'import "../../infrastructure/stack";'],
  ["local/cloud/", "local/cloud/b.ts", 'import "../commands/start";'],
  ["local/commands/", "local/commands/b.ts", 'import "../../producer/produce";'],
  ["shared/", "shared/b.ts", 'import type {} from "../events/post";'],
  ["test-servers/", "test-servers/b.ts", 'import "../__tests__/support/support";'],
  ["bench/", "bench/b.ts", 'import "../__tests__/support/support";'],
  ["mutation/", "mutation/b.ts", 'import "../events/post";'],
  ["__tests__/", "__tests__/b.ts", 'import "../main";'],
  ["cdktf only declares the stack", "operator/c.ts", 'import type {} from "cdktf";'],
  ["providers by their deep path", "infrastructure/c.ts", 'import type {} from "@cdktf/provider-aws";'],
  ["no development dependency", "producer/d.ts", 'import type {} from "fast-check";'],
  ["no development dependency but the emulators", "local/gateway/c.ts", 'import "fast-check";'],
  ["no undeclared package", "shared/c.ts", 'import "undeclared";'],
  ["nothing imports an entry point", "__tests__/c.ts", 'import "../local/cli";'],
  ["no circle", "shared/d.ts", 'import type {} from "./e";'],
  ["no unresolvable import", "events/c.ts", 'import "./nowhere";'],
  ["every file is in a room", "somewhere/a.ts", 'import "../events/post";'],
];

describe("the import rules", () => {
  let wrong: ReturnType<typeof checkImports>;
  beforeAll(() => {
    const files = new Map(WRONG.map(([, file, source]) => [file, source]));
    wrong = checkImports(files.set("shared/e.ts", 'import type {} from "./d";'));
  });

  test("let each room import what it may", () => {
    expect(checkImports(new Map(RIGHT))).toMatchObject({ status: 0, violations: [] });
  });

  test.each(WRONG)("%s: forbid %s: %s", (rule, file) => {
    expect(wrong.status).not.toBe(0);
    expect(wrong.violations).toContain(`${rule}: ${file}`);
  });

  test("each forbid at least one of these imports", () => {
    expect(forbidden?.map(({ name }) => name).sort()).toEqual(
      [...new Set(WRONG.map(([rule]) => rule))].sort(),
    );
  });

  test("print the reason", () => {
    for (const { comment } of forbidden ?? []) expect(wrong.output).toContain(comment);
  });
});

test("an import inside a type, which the import rules do not see, fails the lint", () => {
  const tree = treeWith(
    new Map([["functions/b.ts", 'export type Post = import("../producer/produce").Post;']]),
  );
  const { status, output } = run("biome lint --only=plugin", tree);
  expect({ status, output }).toEqual({ status: 1, output: expect.stringContaining("Import types with") });
});

/** What `npm run check:imports` finds in a tree with these files. */
function checkImports(files: ReadonlyMap<string, string>) {
  const { status, output } = run(packageJson.scripts["check:imports"], treeWith(files));
  const found = [...output.matchAll(/^ *error (.+): (\S+) → /gm)];
  return {
    status,
    violations: found.map(([, rule, file]) => `${rule}: ${file}`),
    output: output.replace(/\s+/g, " "),
  };
}

function treeWith(files: ReadonlyMap<string, string>): string {
  const tree = temporaryDirectory();
  for (const file of SETTINGS) cpSync(path.join(PROJECT, file), path.join(tree, file));
  for (const [file, source] of [...TREE.map((file) => [file, ""] as const), ...files]) {
    mkdirSync(path.join(tree, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(tree, file), source);
  }
  return tree;
}

function run(command: string, directory: string) {
  const { status, stdout, stderr } = spawnSync(command, {
    cwd: directory,
    shell: true,
    encoding: "utf8",
    env: {
      ...process.env,
      PATH: [path.join(PROJECT, "node_modules/.bin"), process.env.PATH].join(path.delimiter),
      FORCE_COLOR: "0",
    },
  });
  return { status, output: stdout + stderr };
}
