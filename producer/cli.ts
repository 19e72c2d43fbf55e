import { realpath } from "node:fs/promises";
import { Command, Option } from "commander";
import { describeStream } from "../kinesis-writer/kinesis-errors";
import { checkStream, streamClient } from "../kinesis-writer/stream-client";
import { loadEnvironmentFile } from "../shared/environment-file";
import { CommandError, ExitCode } from "../shared/errors";
import { listenForInterruption } from "../shared/interruption";
import { integer, positiveNumber } from "../shared/option-values";
import { runCommand } from "../shared/run-command";
import { addStackOptions, findStack, type StackSelection } from "../shared/stack-options";
import { paint } from "../shared/terminal";
import { PRODUCER } from "./caller";
import { Checkpoint } from "./delivery/checkpoint";
import { Receipts } from "./delivery/receipts";
import { defaultRejectsPath, RejectsFile } from "./delivery/rejects-file";
import { newTally, type Summary, summarize, summaryLine } from "./delivery/tally";
import { Warnings } from "./delivery/warnings";
import { produce } from "./produce";
import { Progress } from "./progress";
import { sources } from "./sources";
import type { SourceDefinition } from "./sources/source";
import { type StreamOptions, streamSettings } from "./stream-settings";

interface Options extends StackSelection, StreamOptions {
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

const sourceList = Object.entries(sources)
  .map(([name, { summary }]) => `  ${name.padEnd(11)}${summary}`)
  .join("\n");

function producerCommand(): Command {
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

/** Adds every source's own options, under a heading that says whose they are. */
function addSourceOptions(command: Command): void {
  const owners = new Map<Option, string[]>();
  for (const [name, { options }] of Object.entries(sources))
    for (const option of options) owners.set(option, [...(owners.get(option) ?? []), name]);
  for (const [option, names] of owners)
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

async function run(options: Options, command: Command): Promise<void> {
  loadEnvironmentFile();
  const { name: sourceName, definition } = chosenSource(options, command);
  const rejectsFile = new RejectsFile(options.rejects ?? defaultRejectsPath(options.input, new Date()));
  await refuseSameFile(options);
  const source = await definition.create({ ...options });
  const stream = await streamSettings(options, process.env, () => findStack(options));
  await checkStream(stream, PRODUCER);

  const tally = newTally();
  const progress = new Progress(process.stderr, tally, () => source.status?.());
  const warn = (message: string) => progress.note(paint(process.stderr, "yellow", message));
  const checkpoint = options.resume
    ? await Checkpoint.open({
        source,
        sourceName,
        stream: describeStream(stream),
        path: options.checkpoint,
        flush: () => rejectsFile.flush(),
        warn,
      })
    : undefined;
  if (checkpoint) progress.note(checkpoint.greeting);
  const receipts = options.receipts === undefined ? undefined : new Receipts(options.receipts);
  const interruption = listenForInterruption(() =>
    progress.note("stopping: delivering what was read; Ctrl-C again gives it up"),
  );
  const warnings = new Warnings(warn);
  const client = streamClient(stream, 1);
  const started = performance.now();
  const fault = await produce({
    source,
    client,
    stream,
    count: options.count ?? definition.defaultCount,
    rate: options.rate,
    maxAgeMs: options.maxAge * 1000,
    tally,
    warnings,
    note: (message) => progress.note(message),
    rejectsFile,
    receipts,
    checkpoint,
    stop: interruption.stop,
    abort: interruption.abort,
  }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const ms = performance.now() - started;
  client.destroy();
  progress.close();
  warnings.close();
  const closingNote = source.closingNote?.();
  if (closingNote !== undefined) progress.note(closingNote);

  const summary = summarize(tally, ms, rejectsFile.isUsed ? rejectsFile.path : undefined);
  process.stdout.write(`${options.json ? JSON.stringify(summary) : summaryLine(summary)}\n`);
  if (interruption.abort.aborted) throw new CommandError("given up", ExitCode.interrupted);
  if (fault !== undefined) throw fault;
  process.exitCode = exitCode(summary);
}

function exitCode(summary: Summary): ExitCode {
  if (summary.undelivered > 0) return ExitCode.failed;
  return summary.rejected > 0 ? ExitCode.rejects : ExitCode.ok;
}

function chosenSource(options: Options, command: Command): { name: string; definition: SourceDefinition } {
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

/** The source of a run that names none, if the environment makes one of them it. */
function defaultSource(): string | undefined {
  return Object.keys(sources).find((name) => sources[name]?.isDefault?.(process.env));
}

/** A file that is written must not be the input: it would be read back while it is written, or be overwritten. */
async function refuseSameFile({ input, rejects, checkpoint }: Options): Promise<void> {
  if (input === undefined) return;
  const from = await realpath(input).catch(() => undefined);
  for (const [option, file] of Object.entries({ rejects, checkpoint })) {
    const to = file === undefined ? undefined : await realpath(file).catch(() => undefined);
    if (to !== undefined && from === to)
      throw new CommandError(`--${option} ${file} is the input itself; name another file`, ExitCode.usage);
  }
}

void runCommand(producerCommand().action(run));
