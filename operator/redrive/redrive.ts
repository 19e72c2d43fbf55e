import { checkStream, streamClient } from "../../kinesis-writer/stream-client";
import { ExitCode, isInterrupted } from "../../shared/errors";
import { findStack } from "../../shared/stack-options";
import { countOf, paint } from "../../shared/terminal";
import { OPERATOR } from "../caller";
import { forChosenRecords } from "./chosen-records";
import { interrupted } from "./interrupted";
import { Inventory, inventoryTable } from "./inventory";
import type { RedriveOptions } from "./options";
import { putBack } from "./put-back";
import { RedriveSession } from "./redrive-session";
import { type RedriveTally, redriveSummaryLine } from "./redrive-tally";

/**
 * Puts the chosen records of the failure bucket back on the stream, or only counts them with `--list` or `--dry-run`.
 * Prints the result.
 */
export async function redrive(options: RedriveOptions): Promise<void> {
  const session = new RedriveSession(await findStack(options), options, !options.list && !options.force);
  const work = options.list || options.dryRun ? show(session, options) : putChosenBack(session);
  const { text, json, fault } = await work.catch((fault): Outcome => ({ fault }));
  session.close(fault);

  if (text !== undefined) process.stdout.write(`${options.json ? JSON.stringify(json) : text}\n`);
  if (fault !== undefined && !isInterrupted(fault)) throw fault;
  if (session.abort.aborted) throw interrupted();
  process.exitCode = exitCode(session.tally);
}

/** What a run prints at its end, and what ended it early, if anything did. */
interface Outcome {
  text?: string;
  json?: object;
  fault?: unknown;
}

function exitCode({ undelivered, changed, failed, ...left }: RedriveTally): ExitCode {
  if (undelivered + changed + failed > 0) return ExitCode.failed;
  return left.skipped + left.superseded + left.notUnderstood > 0 ? ExitCode.rejects : ExitCode.ok;
}

/** Counts what is set aside, or would be put back, by reason. */
async function show(session: RedriveSession, { list }: RedriveOptions): Promise<Outcome> {
  const inventory = new Inventory();
  await forChosenRecords(await session.choose(), async ({ chosen }) => inventory.add(chosen));

  const { records, objects, reasons } = inventory;
  const { skipped, superseded, failed, notUnderstood } = session.tally;
  const { name } = session.bucket;
  const table = inventoryTable(inventory, (text) => paint(process.stdout, "bold", text));
  const counts = `${countOf(records, "record")} in ${countOf(objects, "object")} of the failure bucket ${name}`;
  const sentence = list ? counts : `would put back ${counts}; nothing is changed`;
  return {
    text: session.nothingChosen ?? `${table}\n${sentence}`,
    json: {
      records,
      objects,
      skipped,
      // The list does not look at the table.
      ...(!list && { superseded }),
      failed,
      notUnderstood,
      reasons,
    },
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
    onChanged: (key) => session.warnOfChange(key),
    onUndelivered: (reason) => session.addUndelivered(reason),
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
