import { Command, Option } from "commander";
import { checkStream, streamClient } from "../../kinesis-writer/stream-client";
import { CommandError, ExitCode } from "../../shared/errors";
import { integer } from "../../shared/option-values";
import { runCommand } from "../../shared/run-command";
import { addStackOptions, findStack, type StackSelection } from "../../shared/stack-options";
import { countOf, paint } from "../../shared/terminal";
import { OPERATOR } from "../caller";
import { forChosenRecords } from "./chosen-records";
import { Inventory, inventoryTable } from "./inventory";
import { putBack } from "./put-back";
import { RedriveSession } from "./redrive-session";
import { type RedriveTally, redriveSummaryLine } from "./redrive-tally";
import { since } from "./since";

interface Options extends StackSelection {
  list?: boolean;
  dryRun?: boolean;
  since?: Date;
  reason?: string[];
  limit?: number;
  json?: boolean;
}

function redriveCommand(): Command {
  const command = new Command("redrive").description(
    "Puts the records that the failure bucket holds back on the stack's stream.",
  );
  return addStackOptions(command)
    .addOption(
      new Option("--list", "show what is there, by reason, and change nothing").conflicts([
        "dryRun",
        "limit",
      ]),
    )
    .addOption(new Option("--dry-run", "show what would be put back, and change nothing"))
    .addOption(
      new Option(
        "--since <time>",
        "only records that arrived then or later: ISO 8601, or 30m, 2h, 7d ago",
      ).argParser((value) => since(value)),
    )
    .addOption(
      new Option(
        "--reason <reason>",
        "only records set aside for this reason, see --list (repeatable)",
      ).argParser((value: string, previous: string[] = []) => [...previous, value]),
    )
    .addOption(new Option("--limit <n>", "at most n records").argParser(integer(1)))
    .addOption(new Option("--json", "print the result as one line of JSON"))
    .addHelpText("after", HELP);
}

const HELP = `
What can never be stored comes back: mend its cause first, and deploy. An object of the failure bucket is removed once
Kinesis has acknowledged all its records; if only some were chosen, it is rewritten with the rest. Interrupted at any
moment, run it again: nothing is lost, and a record that is put back twice is stored once.

The bucket and the stream are used with your own AWS credentials, found as the AWS CLI finds them. They need
s3:ListBucket, s3:GetObject, s3:DeleteObject and kinesis:PutRecords; and s3:PutObject to rewrite objects.

Ctrl-C finishes the objects under way; a second Ctrl-C gives them up.

Examples:
  $ npm run redrive -- --list
  $ npm run redrive -- --dry-run --reason invalid-event --since 2h
  $ npm run redrive -- --local --limit 10

Exit codes:
  ${ExitCode.ok}    what was asked for is done, or Ctrl-C ended it early
  ${ExitCode.failed}    something was not put back, or not removed; it is still in the failure bucket
  ${ExitCode.usage}    an option is wrong; nothing was started
  ${ExitCode.rejects}    done, but some objects are not understood; they are named, and still in the failure bucket
  ${ExitCode.interrupted}  given up with a second Ctrl-C; what was not removed is still in the failure bucket`;

/** What a run has to say at its end, and what ended it early. */
interface Outcome {
  text?: string;
  json?: object;
  fault?: unknown;
}

async function redrive(options: Options): Promise<void> {
  const session = new RedriveSession(await findStack(options), options);
  const work = options.list || options.dryRun ? show(session, options) : putChosenBack(session);
  const { text, json, fault } = await work.catch((fault): Outcome => ({ fault }));
  session.close(fault);

  if (text !== undefined) process.stdout.write(`${options.json ? JSON.stringify(json) : text}\n`);
  if (session.isGivenUp)
    throw new CommandError("given up: what was not removed is still set aside", ExitCode.interrupted);
  if (fault !== undefined) throw fault;
  process.exitCode = exitCode(session.tally);
}

function exitCode({ undelivered, changed, notUnderstood }: RedriveTally): ExitCode {
  if (undelivered + changed > 0) return ExitCode.failed;
  return notUnderstood > 0 ? ExitCode.rejects : ExitCode.ok;
}

/** Shows what is there, or would be put back, by reason. */
async function show(session: RedriveSession, { list }: Options): Promise<Outcome> {
  const inventory = new Inventory();
  await forChosenRecords(await session.choose(), async ({ chosen }) => inventory.add(chosen));

  const { records, objects, reasons } = inventory;
  const { name } = session.bucket;
  const table = inventoryTable(inventory, (text) => paint(process.stdout, "bold", text));
  const counts = `${countOf(records, "record")} in ${countOf(objects, "object")} of the failure bucket ${name}`;
  const sentence = list ? counts : `would put back ${counts}; nothing is changed`;
  return {
    text: session.nothingChosen ?? `${table}\n${sentence}`,
    json: { records, objects, notUnderstood: session.tally.notUnderstood, reasons },
  };
}

async function putChosenBack(session: RedriveSession): Promise<Outcome> {
  const { stack, tally, abort } = session;
  const { stream_name: streamName, region } = stack.outputs;
  const { endpoint, operator: credentials } = stack;
  const stream = { streamName, region, ...(endpoint !== undefined && { endpoint }) };
  await checkStream({ ...stream, credentials }, OPERATOR);

  const started = performance.now();
  const choice = await session.choose();
  const client = streamClient({ ...stream, credentials }, 1);
  const fault = await putBack(choice, {
    client,
    stream,
    tally,
    abort,
    onChanged: (key) => session.noteChanged(key),
    onUndelivered: (reason) => session.noteUndelivered(reason),
  }).catch((error: unknown) => error);
  client.destroy();

  const seconds = Math.round(performance.now() - started) / 1000;
  const summary = redriveSummaryLine(tally, seconds, streamName);
  return {
    text: fault === undefined ? (session.nothingChosen ?? summary) : summary,
    json: { ...tally, seconds },
    fault,
  };
}

void runCommand(redriveCommand().action(redrive));
