import { randomInt } from "node:crypto";
import { Command, Option } from "commander";
import { ExitCode } from "../shared/errors";
import { LOCAL_PORT } from "../shared/local-stack";
import { integer, positiveNumber } from "../shared/option-values";
import { runCommand } from "../shared/run-command";
import { serve } from "./commands/serve";
import { soak } from "./commands/soak";
import { type StartOptions, start } from "./commands/start";

/** `npm start`, `npm run local` and `npm run soak`. */
function localCommand(): Command {
  return new Command("local").addCommand(startCommand()).addCommand(serveCommand()).addCommand(soakCommand());
}

const DEFAULT_COUNT = 5000;

/** What commander makes of the options of `start`. */
interface StartFlags extends Omit<StartOptions, "chaosSeed">, ChaosFlag {
  source?: string;
  input?: string;
  count?: string;
}

function startCommand(): Command {
  return new Command("start")
    .description("Runs the whole pipeline on this machine and accounts for every record.")
    .usage("[options] [options of the producer]")
    .addOption(new Option("--source <name>", "where posts come from (default: sample)"))
    .addOption(
      new Option(
        "--input <file>",
        "the file to read, gzipped or not; - reads standard input; implies --source file",
      ),
    )
    .addOption(
      new Option("--count <n>", `stop after n posts (default: ${DEFAULT_COUNT} from sample, all of a file)`),
    )
    .addOption(port())
    .addOption(new Option("--keep", "keep the local cloud running afterwards, until Ctrl-C"))
    .addOption(chaos())
    .addOption(new Option("--json", "print the reconciliation as one line of JSON"))
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText("after", START_HELP)
    .action((options: StartFlags, command: Command) =>
      start({ ...options, chaosSeed: chaosSeed(options) }, producerArguments(options, command.args)),
    );
}

/** The producer's options: those that `start` knows, with defaults for a first run, and all that it does not know. */
function producerArguments({ source, input, count }: StartFlags, others: readonly string[]): string[] {
  const isSample = source === "sample" || (source === undefined && input === undefined);
  const limit = count ?? (isSample ? String(DEFAULT_COUNT) : undefined);
  return [
    ...(source !== undefined || isSample ? ["--source", source ?? "sample"] : []),
    ...(input !== undefined ? ["--input", input] : []),
    ...(limit !== undefined ? ["--count", limit] : []),
    ...others,
  ];
}

const START_HELP = `
All other options go to the producer, for instance --seed or --rate; see npm run produce -- --help.

Examples:
  $ npm start
  $ npm start -- --count 50000 --json
  $ npm start -- --input posts.ndjson --keep
  $ npm start -- --count 20000 --chaos 42

Exit codes:
  ${ExitCode.ok}    every record is where it must be, with its own contents
  ${ExitCode.failed}    a step failed
  ${ExitCode.usage}    an option or a setting is wrong
  ${ExitCode.rejects}    as ${ExitCode.ok}, but the producer rejected some input
  ${ExitCode.lost}    a record that Kinesis acknowledged cannot be found
  ${ExitCode.different}    an item, or a record that was set aside, has other contents than the record on the stream
  ${ExitCode.stray}    the table or the failure bucket has something that no record on the stream accounts for
  ${ExitCode.duplicates}    a record is both stored and rejected
  ${ExitCode.wronglyRejected}    the function rejected a record that the producer considers valid
  ${ExitCode.failedBatches}    records are in failed batches
  ${ExitCode.noProgress}   records wait, and none is handled
  ${ExitCode.missingFaults}   a kind of fault that --chaos injects never struck
  ${ExitCode.interrupted}  stopped by a second Ctrl-C`;

function serveCommand(): Command {
  return new Command("serve")
    .description("Runs the stack on this machine behind one endpoint, until Ctrl-C.")
    .addOption(port())
    .addOption(chaos())
    .action((options: { port: number } & ChaosFlag) => serve({ ...options, chaosSeed: chaosSeed(options) }));
}

function soakCommand(): Command {
  return new Command("soak")
    .description("Runs the pipeline under chaos for a while; reports memory, lag and the reconciliation.")
    .argument("[minutes]", "how long to produce", positiveNumber, 5)
    .addOption(new Option("--rate <n>", "records per second").default(500).argParser(integer(1)))
    .addOption(port())
    .addOption(chaos())
    .action((minutes: number, options: { rate: number; port: number } & ChaosFlag) =>
      soak({ ...options, minutes, chaosSeed: chaosSeed({ chaos: options.chaos ?? true }) }),
    );
}

function port(): Option {
  return new Option("--port <port>", "port of the local cloud on 127.0.0.1")
    .default(LOCAL_PORT)
    .argParser(integer(0, 65_535));
}

function chaos(): Option {
  return new Option(
    "--chaos [seed]",
    "inject faults of every kind: throttling, partial failures, lost responses, killed functions and more",
  ).argParser(integer(0));
}

/** The option `--chaos`: true without a seed. */
interface ChaosFlag {
  chaos?: number | true;
}

function chaosSeed({ chaos }: ChaosFlag): number | undefined {
  return chaos === true ? randomInt(1_000_000) : chaos;
}

void runCommand(localCommand());
