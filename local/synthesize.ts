import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { CommandError } from "../cli/command";

const ProjectFile = v.object({ app: v.string(), context: v.optional(v.record(v.string(), v.unknown()), {}) });

const OUTPUT_FOLDER = "cdktf.out";

/**
 * Runs the app of cdktf.json as `cdktf synth` does, without starting the whole CLI.
 * @returns the path of the stack's `cdk.tf.json`
 * @throws CommandError with what the app printed when it fails
 */
export async function synthesize(): Promise<string> {
  const { app, context } = v.parse(ProjectFile, JSON.parse(await readFile("cdktf.json", "utf8")));
  const child = spawn(app, {
    shell: true,
    env: { ...process.env, CDKTF_CONTEXT_JSON: JSON.stringify(context), CDKTF_OUTDIR: OUTPUT_FOLDER },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const [exitCode] = await once(child, "close");
  if (exitCode !== 0) throw new CommandError(`the stack cannot be synthesized (${app}).\n${printed.trim()}`);
  return onlyStack();
}

const Manifest = v.object({
  stacks: v.record(v.string(), v.object({ synthesizedStackPath: v.string() })),
});

async function onlyStack(): Promise<string> {
  const { stacks } = v.parse(
    Manifest,
    JSON.parse(await readFile(join(OUTPUT_FOLDER, "manifest.json"), "utf8")),
  );
  const [stack, ...others] = Object.values(stacks);
  if (!stack || others.length > 0)
    throw new CommandError(`the app has ${Object.keys(stacks).length} stacks; the local cloud runs one.`);
  return join(OUTPUT_FOLDER, stack.synthesizedStackPath);
}
