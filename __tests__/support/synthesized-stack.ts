import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import { readStackSettings, type SettingsSources } from "../../infrastructure/stack-settings";
import { StreamProcessingStack } from "../../infrastructure/stream-processing-stack";
import { temporaryDirectory } from "./temporary-directory";

/** A stack synthesized into a folder of its own. */
export interface SynthesizedStack {
  /** Path of the `cdk.tf.json`. */
  file: string;
  /** Everything of one type, without cdktf's own metadata. */
  all(kind: "resource" | "data", type: string): Record<string, unknown>[];
  /** The only one of its type. */
  only(kind: "resource" | "data", type: string): Record<string, unknown>;
  outputs: Record<string, { value: unknown; sensitive?: boolean }>;
  json: string;
}

/** Synthesizes the stack as `main.ts` does. */
export function synthesizeStack(context: SettingsSources["context"] = {}): SynthesizedStack {
  const outdir = temporaryDirectory();
  const flags = { excludeStackIdFromLogicalIds: "true", allowSepCharsInLogicalIds: "true" };
  const app = new App({ outdir, context: flags });
  const settings = readStackSettings({ context });
  new StreamProcessingStack(app, settings);
  app.synth();

  const file = join(outdir, "stacks", settings.stackName, "cdk.tf.json");
  const json = readFileSync(file, "utf8");
  const document = JSON.parse(json);
  const all: SynthesizedStack["all"] = (kind, type) =>
    Object.values<Record<string, unknown>>(document[kind][type] ?? {}).map(({ "//": _, ...args }) => args);
  return {
    file,
    json,
    all,
    only: (kind, type) => {
      const [block, ...others] = all(kind, type);
      if (!block || others.length > 0)
        throw new Error(`there are ${others.length + (block ? 1 : 0)} ${type}`);
      return block;
    },
    outputs: document.output,
  };
}
