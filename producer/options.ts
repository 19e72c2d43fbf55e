import { Command, Option } from "commander";
import { ExitCode } from "../shared/errors";
import { integer, positiveNumber } from "../shared/option-values";
import { addStackOptions, type StackSelection } from "../shared/stack-options";
import { sourceList } from "./chosen-source";
import { companionFiles } from "./delivery/checkpoint-file";
import type { OutputFile } from "./delivery/separate-files";
import { sources } from "./sources";
import type { StreamOptions } from "./stream-settings";

/** The options of the command line. */
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
      new Option("--source <name>", "where posts come from; see Sources below").choices(Object.keys(sources)),
    );
  addSourceOptions(command);

  addStackOptions(command)
    .addOption(
      new Option("--count <n>", "stop after n posts (default: all; 1000 with --source sample)").argParser(
        integer(1),
      ),
    )
    .addOption(
      new Option("--rate <n>", "posts per second (default: as fast as the stream takes them)").argParser(
        positiveNumber,
      ),
    )
    .addOption(new Option("--resume", "resume at the checkpoint of the last run, and keep one for the next"))
    .addOption(
      new Option(
        "--checkpoint <file>",
        "file for the checkpoint; implies --resume (default: beside the input; in .producer/ for live sources)",
      ).implies({ resume: true }),
    )
    .addOption(new Option("--stream-name <name>", "the stream, if not the stack's"))
    .addOption(new Option("--region <region>", "the stream's AWS region, if not the stack's"))
    .addOption(new Option("--endpoint-url <url>", "the URL of Kinesis, if not AWS's own"))
    .addOption(
      new Option(
        "--rejects <file>",
        "file for rejected input and undelivered records (default: in this directory, named after the input)",
      ),
    )
    .addOption(
      new Option(
        "--receipts <file>",
        "file for the shard and sequence number of every acknowledged record, one a line",
      ),
    )
    .addOption(
      new Option(
        "--max-age <seconds>",
        "without --resume: how long to keep sending a record before it is undelivered",
      )
        .default(300)
        .argParser(positiveNumber),
    )
    .addOption(new Option("--json", "print the summary as one line of JSON"))
    .addHelpText("after", HELP);
  return command;
}

/**
 * The files that a run writes, those of no option included.
 * @param rejects the path of the rejects file
 * @param checkpoint the path of the checkpoint; undefined if the run keeps none
 */
export async function outputFiles(
  options: Pick<ProducerOptions, "receipts" | "rejects" | "checkpoint">,
  rejects: string,
  checkpoint: string | undefined,
): Promise<OutputFile[]> {
  const label = (option: "rejects" | "checkpoint", file: string) =>
    options[option] === undefined ? `the default of --${option}, ${file},` : `--${option} ${file}`;
  return [
    { label: label("rejects", rejects), path: rejects },
    ...(options.receipts === undefined
      ? []
      : [{ label: `--receipts ${options.receipts}`, path: options.receipts }]),
    ...(checkpoint === undefined
      ? []
      : [
          { label: label("checkpoint", checkpoint), path: checkpoint },
          ...(await companionFiles(checkpoint)).map((file) => ({
            label: `${file}, which --checkpoint needs,`,
            path: file,
          })),
        ]),
  ];
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
The stream's name, region and credentials come from the outputs of the deployed stack or, with --local, of the local
cloud. These environment variables override the outputs, and options override both:
  PRODUCER_STREAM_NAME, PRODUCER_REGION, PRODUCER_ENDPOINT_URL,
  PRODUCER_ACCESS_KEY_ID and PRODUCER_SECRET_ACCESS_KEY (environment only)
With --local or --stack, they are ignored. AWS_ACCESS_KEY_ID and the like are never used.
Environment variables may also be in a .env file in this directory; .env.example shows them.

Ctrl-C ends the source and delivers what was read; a second Ctrl-C stops immediately. What is undelivered is in the
rejects file; with --resume, the next run sends it again.

With --resume, a checkpoint marks the last position before which everything is acknowledged by Kinesis, in the rejects
file, or skipped. The producer resumes there, however the last run ended: no post is lost, some may be sent twice, and
a post that is sent twice is one item in the table. A file that has grown resumes with its new lines. While Kinesis takes
no records, the producer waits, however long that is, and reads no further.

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
  ${ExitCode.failed}    something is undelivered, or the producer could not run
  ${ExitCode.usage}    an option or a setting is wrong; nothing was started
  ${ExitCode.rejects}    delivered, but some input was rejected; it is in the rejects file
  ${ExitCode.interrupted}  stopped by a second Ctrl-C`;
