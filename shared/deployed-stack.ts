import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import * as v from "valibot";
import { CommandError, ExitCode } from "./errors";
import { INTERRUPTIONS } from "./interruption";
import { type Stack, StackOutputs } from "./stack";

/** Which stack, and how to read its outputs. */
export interface DeployedStackOptions {
  /** The stack's name, needed when the app has several. */
  stack?: string | undefined;
  /** Where `cdktf.json` is; defaults to the project's root. */
  projectDirectory?: string;
  /** Path of the cdktf CLI's script; defaults to the installed one. */
  cdktf?: string;
}

/**
 * Asks cdktf for the outputs of the deployed stack. They hold the producer's secret, and cdktf can write secrets only
 * to a file: that file is in a directory that no other user can enter, and is deleted before this returns.
 * @throws CommandError that says what is missing and what to do
 */
export async function deployedStack(options: DeployedStackOptions = {}): Promise<Stack> {
  const directory = await mkdtemp(path.join(tmpdir(), "stack-outputs-"));
  try {
    const file = path.join(directory, "outputs.json");
    await runCdktfOutput(file, options);
    return { outputs: parseDeployedOutputs(await readOutputsFile(file), options.stack) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function readOutputsFile(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    throw new CommandError("cdktf output wrote no outputs; deploy the stack first with `npm run deploy`");
  }
}

/**
 * Parses cdktf's outputs file, `{ "<stack>": { "<output>": <value> } }`.
 * @param stack the stack's name; defaults to the only one
 * @throws CommandError that says what is missing and what to do; it never quotes an output
 */
export function parseDeployedOutputs(content: unknown, stack?: string): StackOutputs {
  const stacks = v.safeParse(v.record(v.string(), v.record(v.string(), v.unknown())), content);
  if (!stacks.success)
    throw new CommandError("cdktf output wrote something other than the outputs of stacks");

  const names = Object.keys(stacks.output);
  if (names.length > 1 && stack === undefined)
    throw new CommandError(
      `there are ${names.length} stacks; name one of them with --stack: ${names.join(", ")}`,
    );

  if (names.length === 0 && stack === undefined)
    throw new CommandError(
      "no stack is deployed yet; deploy one with `npm run deploy`, or add --local to use the local cloud",
    );
  const name = names.length === 1 ? (names[0] ?? "") : (stack ?? "");
  const values = stacks.output[name] ?? {};
  if (Object.keys(values).length === 0)
    throw new CommandError(
      `the stack ${name} has no outputs: it is not deployed yet; deploy it with \`npm run deploy\`, or add --local to use the local cloud`,
    );

  const outputs = v.safeParse(StackOutputs, values);
  if (!outputs.success)
    throw new CommandError(
      `the stack ${name} has no output ${v.getDotPath(outputs.issues[0])}; deploy it again with \`npm run deploy\``,
    );
  return outputs.output;
}

const runFile = promisify(execFile);

async function runCdktfOutput(file: string, options: DeployedStackOptions): Promise<void> {
  const projectDirectory = options.projectDirectory ?? path.resolve(__dirname, "..");
  const synthesized = existsSync(path.join(projectDirectory, "cdktf.out", "manifest.json"));
  const args = [
    options.cdktf ?? require.resolve("cdktf-cli/bundle/bin/cdktf"),
    "output",
    ...(options.stack === undefined ? [] : [options.stack]),
    ...(synthesized ? ["--skip-synth"] : []),
    "--outputs-file",
    file,
    "--outputs-file-include-sensitive-outputs",
  ];

  // A signal must not end this process before the outputs file is deleted: it ends the child instead.
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  for (const signal of INTERRUPTIONS) process.once(signal, interrupt);
  try {
    await runFile(process.execPath, args, {
      cwd: projectDirectory,
      // Otherwise Terraform would check for updates to itself.
      env: { ...process.env, CHECKPOINT_DISABLE: "1" },
      maxBuffer: 64 * 1024 * 1024,
      signal: interruption.signal,
    });
  } catch (error) {
    if (interruption.signal.aborted) throw new CommandError("interrupted", ExitCode.interrupted);
    throw await explainFailure(error);
  } finally {
    for (const signal of INTERRUPTIONS) process.removeListener(signal, interrupt);
  }
}

async function explainFailure(error: unknown): Promise<CommandError> {
  const terraform = process.env.TERRAFORM_BINARY_NAME || "terraform";
  if (!(await runs(terraform)))
    return new CommandError(
      `the Terraform CLI (${terraform}) cannot be run, and cdktf needs it to read the outputs of the deployed stack; install it from https://developer.hashicorp.com/terraform/install, or add --local to use the local cloud`,
    );

  const text = outputOf(error);
  const remedy = /more than one stack/i.test(text) ? "; name one of them with --stack" : "";
  return new CommandError(`cdktf output failed${remedy}\n${text}`);
}

async function runs(command: string): Promise<boolean> {
  return runFile(command, ["--version"], { env: { ...process.env, CHECKPOINT_DISABLE: "1" } }).then(
    () => true,
    () => false,
  );
}

/** The last 20 lines that cdktf printed, without colours and spinner. A failed run prints no outputs. */
function outputOf(error: unknown): string {
  const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
  const lines = stripVTControlCharacters(`${stdout}\n${stderr}`)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "" && !/^[\u2800-\u28ff]/.test(line.trim()));
  return lines.slice(-20).join("\n");
}
