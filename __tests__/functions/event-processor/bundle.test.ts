import { describe, expect, it } from "@jest/globals";
import { build, type Metafile } from "esbuild";

const HANDLER = "functions/event-processor/handler.ts";

describe("the function's bundle", () => {
  it("loads the S3 client only when there is something to set aside", async () => {
    const { metafile } = await build({
      entryPoints: [HANDLER],
      outdir: "bundle",
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      mainFields: ["module", "main"],
      metafile: true,
      write: false,
    });
    const atStart = inputsLoadedAtStart(metafile);

    expect(atStart).toContain("functions/event-processor/event-writer.ts");
    expect(atStart).not.toContain("functions/event-processor/rejection-store.ts");
    expect(atStart.filter((input) => input.includes("@aws-sdk/client-s3/"))).toEqual([]);
    expect(Object.keys(metafile.inputs)).toContain("functions/event-processor/rejection-store.ts");
  });
});

/** The inputs of the entry point's output, and of the outputs that it imports statically. */
function inputsLoadedAtStart({ outputs }: Metafile): string[] {
  const loaded = new Set<string>();
  const load = (path: string): void => {
    const output = outputs[path];
    if (!output || loaded.has(path)) return;
    loaded.add(path);
    for (const { kind, path: imported } of output.imports) if (kind === "import-statement") load(imported);
  };
  load(Object.keys(outputs).find((path) => outputs[path]?.entryPoint === HANDLER) ?? "");
  return [...loaded].flatMap((path) => Object.keys(outputs[path]?.inputs ?? {}));
}
