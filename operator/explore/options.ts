import { Command, InvalidArgumentError, Option } from "commander";
import { ExitCode } from "../../shared/errors";
import { integer } from "../../shared/option-values";
import { addStackOptions, type StackSelection } from "../../shared/stack-options";

/** The options of the command line. */
export interface ExploreOptions extends StackSelection {
  count: number;
  scan: number;
  user?: string;
  json?: boolean;
}

/** The command line of `npm run explore`: its options, and its help. */
export function exploreCommand(): Command {
  const command = new Command("explore").description("Shows the newest records of the stack's table.");
  return addStackOptions(command)
    .addOption(
      new Option("--count <n>", "how many records to show").default(10).argParser(integer(1, 10_000)),
    )
    .addOption(
      new Option(
        "--scan <items>",
        "how many items to read at most; the table has no index by time, and every read is billed",
      )
        .default(100_000)
        .argParser(integer(1)),
    )
    .addOption(
      new Option("--user <username>", "only the records of this author, by the name in the table").argParser(
        (value: string) => {
          if (value === "") throw new InvalidArgumentError("It must not be empty.");
          return value;
        },
      ),
    )
    .addOption(
      new Option("--json", "print each record as one line of JSON; what was read goes to standard error"),
    )
    .addHelpText("after", HELP);
}

const HELP = `
The deployed table is read with your own AWS credentials, which are found as the AWS CLI finds them.

Examples:
  $ npm run explore
  $ npm run explore -- --local --count 20
  $ npm run explore -- --user ada
  $ npm run --silent explore -- --json --count 100 > newest.ndjson

Exit codes:
  ${ExitCode.ok}    the table was read
  ${ExitCode.failed}    the table could not be read
  ${ExitCode.usage}    an option is wrong`;
