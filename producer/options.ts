import { realpath } from "node:fs/promises";
import { Command, Option } from "commander";
import { CommandError, ExitCode } from "../shared/errors";
import { integer, positiveNumber } from "../shared/option-values";
import { addStackOptions, type StackSelection } from "../shared/stack-options";
import { sourceList } from "./chosen-source";
import { sources } from "./sources";
import type { StreamOptions } from "./stream-settings";

/** What the command line gave. */
export interface ProducerOptions extends StackSelection, StreamOptions {
  source?: string;
  input?: string;
  count?: number;
  rate?: number;
  rejects?: string;
  receipts?: string;
  resume?: boolean;
  checkpoint?: string;
  maxAge: number;
  json?: boolean;
}

/** The command line of `npm run produce`: its options, and its help. */
export function producerCommand(): Command {
  const command = new Command("produce")
    .description("Puts posts on the stack's Kinesis stream.")
    .usage("--source <name> [options]")
    .addOption(
      new Option("--source <name>", "where posts come from, see below").choices(Object.keys(sources)),
    );
  addSourceOptions(command);

  addStackOptions(command)
    .addOption(
      new Option("--count <n>", "stop after n posts (default: all; 1000 from sample)").argParser(integer(1)),
    )
    .addOption(
      new Option("--rate <n>", "posts per second (default: as fast as the stream takes them)").argParser(
        positiveNumber,
      ),
    )
    .addOption(
      new Option(
        "--resume",
        "go on from where the last run with --resume was, and note how far this one gets",
      ),
    )
    .addOption(
      new Option(
        "--checkpoint <file>",
        "where --resume notes it (default: beside the input; for live sources in .producer/)",
      ).implies({ resume: true }),
    )
    .addOption(new Option("--stream-name <name>", "the stream, instead of the stack's"))
    .addOption(new Option("--region <region>", "the stream's AWS region"))
    .addOption(new Option("--endpoint-url <url>", "where Kinesis answers, if not at AWS"))
    .addOption(
      new Option(
        "--rejects <file>",
        "where what is not delivered is kept (default: in this directory, named after the input)",
      ),
    )
    .addOption(
      new Option(
        "--receipts <file>",
        "write a line for every record that Kinesis acknowledged: shard, sequence number",
      ),
    )
    .addOption(
      new Option("--max-age <seconds>", "how long a record is tried before it is given up")
        .default(300)
        .argParser(positiveNumber),
    )
    .addOption(new Option("--json", "print the summary as one line of JSON"))
    .addHelpText("after", HELP);
  return command;
}

/**
 * Makes sure that no file that the run writes is its input, which would be overwritten, or read while it grows.
 * @throws CommandError
 */
export async function requireSeparateFiles({ input, rejects, checkpoint }: ProducerOptions): Promise<void> {
  if (input === undefined) return;
  const from = await realpath(input).catch(() => undefined);
  for (const [option, file] of Object.entries({ rejects, checkpoint })) {
    const to = file === undefined ? undefined : await realpath(file).catch(() => undefined);
    if (to !== undefined && from === to)
      throw new CommandError(`--${option} ${file} is the input itself; name another file`, ExitCode.usage);
  }
}

/** Adds every source's own options, under a heading that names the sources that have them. */
function addSourceOptions(command: Command): void {
  const sourcesOf = new Map<Option, string[]>();
  for (const [name, { options }] of Object.entries(sources))
    for (const option of options) sourcesOf.set(option, [...(sourcesOf.get(option) ?? []), name]);
  for (const [option, names] of sourcesOf)
    command.addOption(option.helpGroup(`Options of --source ${names.join(" and ")}:`));
}

const HELP = `
Sources:
${sourceList}
${Object.values(sources)
  .map(({ help }) => (help ? `\n${help}\n` : ""))
  .join("")}
The stream's name, region and credentials come from the outputs of the deployed stack, or of the local cloud with
--local. These environment variables come before the outputs, and options before both:
  PRODUCER_STREAM_NAME, PRODUCER_REGION, PRODUCER_ENDPOINT_URL,
  PRODUCER_ACCESS_KEY_ID and PRODUCER_SECRET_ACCESS_KEY (environment only)
With --local or --stack, they are not looked at. AWS_ACCESS_KEY_ID and the like are never used.
Environment variables are also read from a file .env in this directory; .env.example shows them.

Ctrl-C ends the source and delivers what was read; a second Ctrl-C gives that up.

With --resume, a checkpoint says up to where everything is acknowledged by Kinesis or in the rejects file. Whatever
ends the producer, the next run with --resume goes on from there: no post is lost, some may be sent twice, and a post
that is sent twice is one item in the table. A file that has grown goes on with what is new.

Examples:
  $ npm run produce -- --local --source sample --count 5000
  $ npm run produce -- --input tweets.ndjson.gz
  $ some-program | npm run produce -- --input - --raw
  $ npm run produce -- --source x --track yolo --max-posts 500
  $ npm run produce -- --source sample --rate 20 --count 1000000 --json
  $ npm run produce -- --source bluesky --track aws,lambda --lang en --resume
  $ npm run produce -- --input tweets.ndjson --resume

Exit codes:
  ${ExitCode.ok}    everything was delivered
  ${ExitCode.failed}    something was not delivered, or the producer could not run
  ${ExitCode.usage}    an option or a setting is wrong; nothing was started
  ${ExitCode.rejects}    delivered, but some input was refused; it is in the rejects file
  ${ExitCode.interrupted}  given up with a second Ctrl-C; what was not delivered is in the rejects file`;
