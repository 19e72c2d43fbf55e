import type { Command } from "commander";
import { CommandError, ExitCode } from "../shared/errors";
import { sources } from "./sources";
import type { SourceDefinition } from "./sources/source";

/** A line of help for every source. */
export const sourceList = Object.entries(sources)
  .map(([name, { summary }]) => `  ${name.padEnd(11)}${summary}`)
  .join("\n");

/**
 * Finds the source of a run: the one that `--source` names, a file with `--input`, or the environment's default.
 * @throws CommandError if there is none, or if an option belongs to another source
 */
export function chosenSource(
  options: { source?: string; input?: string },
  command: Command,
): { name: string; definition: SourceDefinition } {
  const name = options.source ?? (options.input === undefined ? (defaultSource() ?? "") : "file");
  const definition = sources[name];
  if (!definition)
    throw new CommandError(
      `name a source with --source:\n${sourceList}\nFor example: npm run produce -- --local --source sample\nAll options: npm run produce -- --help`,
      ExitCode.usage,
    );

  for (const [other, { options: others }] of Object.entries(sources)) {
    const misplaced = others.find(
      (option) =>
        command.getOptionValueSource(option.attributeName()) === "cli" &&
        !definition.options.includes(option),
    );
    if (misplaced)
      throw new CommandError(
        `${misplaced.long} belongs to --source ${other}, not to --source ${name}`,
        ExitCode.usage,
      );
  }
  return { name, definition };
}

/** The source that the environment makes the default, if any. */
function defaultSource(): string | undefined {
  return Object.keys(sources).find((name) => sources[name]?.isDefault?.(process.env));
}
