import { type Command, Option } from "commander";
import { deployedStack } from "./deployed-stack";
import { localStack } from "./local-stack";
import { integer } from "./option-values";
import type { Stack } from "./stack";
import { CLEAR_LINE } from "./terminal";

/** Which stack a command is about. */
export interface StackSelection {
  local?: boolean;
  port: number;
  stack?: string;
}

/** Gives a command the options that name a stack. */
export function addStackOptions(command: Command): Command {
  return command
    .addOption(new Option("--local", "use the local cloud (npm run local) instead of the deployed stack"))
    .addOption(
      new Option("--port <port>", "port of the local cloud").default(4566).argParser(integer(1, 65_535)),
    )
    .addOption(
      new Option("--stack <name>", "the deployed stack, needed when the app has several").conflicts("local"),
    );
}

/** Finds the stack that the options name. Asking cdktf takes seconds, and a terminal says so meanwhile. */
export async function findStack(options: StackSelection): Promise<Stack> {
  if (options.local) return localStack(options.port);
  if (process.stderr.isTTY) process.stderr.write("reading the stack's outputs …");
  return deployedStack({ stack: options.stack }).finally(() => {
    if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE);
  });
}
