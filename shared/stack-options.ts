import { type Command, Option } from "commander";
import { deployedStack } from "./deployed-stack";
import { LOCAL_PORT, localStack } from "./local-stack";
import { integer } from "./option-values";
import type { Stack } from "./stack";
import { CLEAR_LINE } from "./terminal";

/** The options that select the stack that a command works with. */
export interface StackSelection {
  local?: boolean;
  port: number;
  stack?: string;
}

/** Adds to a command the options that select a stack. */
export function addStackOptions(command: Command): Command {
  return command
    .addOption(new Option("--local", "use the local cloud (npm run local) instead of the deployed stack"))
    .addOption(
      new Option("--port <port>", "port of the local cloud")
        .default(LOCAL_PORT)
        .argParser(integer(1, 65_535)),
    )
    .addOption(
      new Option("--stack <name>", "the deployed stack, needed when the app has several").conflicts("local"),
    );
}

/**
 * Finds the stack that the options select. Asking cdktf takes seconds, so a terminal shows a message meanwhile.
 * @throws CommandError that says what is missing and what to do
 */
export async function findStack(options: StackSelection): Promise<Stack> {
  if (options.local) return localStack(options.port);
  if (process.stderr.isTTY) process.stderr.write("reading the stack's outputs …");
  return deployedStack({ stack: options.stack }).finally(() => {
    if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE);
  });
}
