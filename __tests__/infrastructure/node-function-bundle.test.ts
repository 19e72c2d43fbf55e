import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { App, TerraformStack } from "cdktf";
import { NodeFunctionBundle } from "../../infrastructure/node-function-bundle";
import { temporaryDirectory } from "../support/temporary-directory";

const HANDLER = "functions/event-processor/handler.ts";

/** The files of the event processor's bundle, by name. */
function bundled(context: Record<string, unknown> = {}): Map<string, string> {
  const outdir = temporaryDirectory();
  const app = new App({ outdir, context });
  const { node } = new NodeFunctionBundle(new TerraformStack(app, "test"), "bundle", HANDLER);
  const folder = join(outdir, "bundles", node.path);
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

describe("A function's bundle", () => {
  it("has no source maps when it is deployed", () => {
    const files = bundled();
    expect([...files.keys()].filter((name) => name.endsWith(".map"))).toEqual([]);
    expect(files.get("index.mjs")).not.toContain("sourceMappingURL");
  });

  it("leads a debugger to its sources, wherever it is copied, when the context asks for source maps", () => {
    const files = bundled({ sourceMaps: true });
    expect(files.get("index.mjs")).toMatch(/\/\/# sourceMappingURL=index\.mjs\.map\s*$/);

    const { sources, sourceRoot } = JSON.parse(files.get("index.mjs.map") ?? "");
    const urls = sources.map((source: string) => new URL(source, sourceRoot).href);
    expect(urls).toContain(pathToFileURL(resolve(HANDLER)).href);
  });

  it("is not minified when the context asks for source maps, so that variables keep their names", () => {
    expect(bundled({ sourceMaps: true }).get("index.mjs")).toContain(
      "async function handler(event, context)",
    );
    expect(bundled().get("index.mjs")).not.toContain("async function handler(event, context)");
  });
});
