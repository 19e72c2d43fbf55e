import { Command, Option } from "commander";
import { ExitCode } from "../../shared/errors";
import { integer } from "../../shared/option-values";
import { addStackOptions, type StackSelection } from "../../shared/stack-options";
import { since } from "./since";

/** The options of the command line. */
export interface RedriveOptions extends StackSelection {
  list?: boolean;
  dryRun?: boolean;
  since?: Date;
  reason?: string[];
  limit?: number;
  force?: boolean;
  json?: boolean;
}

/** The command line of `npm run redrive`: its options, and its help. */
export function redriveCommand(): Command {
  const command = new Command("redrive").description(
    "Puts set-aside records from the failure bucket back on the stack's stream.",
  );
  return addStackOptions(command)
    .addOption(
      new Option("--list", "show what is set aside, by reason, and change nothing").conflicts([
        "dryRun",
        "limit",
        "force",
      ]),
    )
    .addOption(new Option("--dry-run", "show what would be put back, and change nothing"))
    .addOption(
      new Option(
        "--since <time>",
        "only records that arrived then or later: ISO 8601, or 30m, 2h or 7d ago",
      ).argParser((value) => since(value)),
    )
    .addOption(
      new Option(
        "--reason <reason>",
        "only records set aside for this reason, as --list shows it (repeatable)",
      ).argParser((value: string, previous: string[] = []) => [...previous, value]),
    )
    .addOption(new Option("--limit <n>", "at most n records").argParser(integer(1)))
    .addOption(new Option("--force", "put superseded records back, too, without a look at the table"))
    .addOption(new Option("--json", "print the result as one line of JSON"))
    .addHelpText("after", HELP);
}

const HELP = `
Fix the cause and deploy first: a record that still cannot be stored is set aside again. An object of the failure
bucket is removed once Kinesis has acknowledged all its records; if only some were put back, it is rewritten with the
rest. If it is interrupted, run it again: nothing is lost, and a record that is put back twice is stored once.

What can never be put back is skipped, and named with the rule it breaks. A record is superseded if the table has another
version of its event: it stays until --force puts it back, or it expires.

The bucket and the stream are used with your own AWS credentials, which are found as the AWS CLI finds them. They need
s3:ListBucket, s3:GetObject, s3:DeleteObject and kinesis:PutRecords; s3:PutObject to rewrite objects; and
dynamodb:BatchGetItem to look at the table, unless --force is given.

Ctrl-C finishes the objects under way; a second Ctrl-C stops immediately.

Examples:
  $ npm run redrive -- --list
  $ npm run redrive -- --dry-run --reason invalid-event --since 2h
  $ npm run redrive -- --local --limit 10
  $ npm run redrive -- --force

Exit codes:
  ${ExitCode.ok}    done, or ended early by Ctrl-C
  ${ExitCode.failed}    something was not put back, or not removed; it is still set aside
  ${ExitCode.usage}    an option is wrong; nothing was started
  ${ExitCode.rejects}    done, but some records are superseded or cannot be put back; they are named, and still set aside
  ${ExitCode.interrupted}  stopped by a second Ctrl-C; what was not removed is still set aside`;
