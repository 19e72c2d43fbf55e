import { type Command, Option } from "commander";
import { integer } from "./option-values";
import { deployedOutputs, localOutputs, type Stack } from "./stack-outputs";

/** Which stack a command is about. */
export interface StackOptions {
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

/** Finds the stack that the options name. */
export function findStack(options: StackOptions): Promise<Stack> {
  return options.local ? localOutputs(options.port) : deployedOutputs({ stack: options.stack });
}
