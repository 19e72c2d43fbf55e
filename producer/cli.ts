import type { Command } from "commander";
import { describeStream } from "../kinesis-writer/kinesis-errors";
import { checkStream, streamClient } from "../kinesis-writer/stream-client";
import { systemClock } from "../shared/clock";
import { loadEnvironmentFile } from "../shared/environment-file";
import { CommandError, ExitCode, isInterrupted } from "../shared/errors";
import { runCommand } from "../shared/run-command";
import { findStack } from "../shared/stack-options";
import { PRODUCER } from "./caller";
import { chosenSource } from "./chosen-source";
import { Checkpoint } from "./delivery/checkpoint";
import { Receipts } from "./delivery/receipts";
import { defaultRejectsPath, RejectsFile } from "./delivery/rejects-file";
import { requireSeparateFiles } from "./delivery/separate-files";
import { type Summary, summaryLine } from "./delivery/tally";
import { outputFiles, type ProducerOptions, producerCommand } from "./options";
import { type ProducerRun, produce } from "./produce";
import { ProducerSession } from "./producer-session";
import { streamSettings } from "./stream-settings";

/**
 * Puts the posts of a source on the stream, and prints a summary. The options, the source and the stream are
 * checked before anything is read: a source may be a pipe that cannot be read twice.
 */
async function run(options: ProducerOptions, command: Command): Promise<void> {
  loadEnvironmentFile();
  const { name: sourceName, definition } = chosenSource(options, command);
  const source = await definition.create({ ...options });
  const rejectsPath = options.rejects ?? defaultRejectsPath(options.input);
  const checkpointPath = options.checkpoint ?? source.resumption?.checkpointPath;
  await requireSeparateFiles(
    options.input,
    await outputFiles(options, rejectsPath, options.resume ? checkpointPath : undefined),
  );
  const stream = await streamSettings(options, process.env, () => findStack(options));
  const streamIdentity = await checkStream(stream, PRODUCER);

  const session = new ProducerSession(source);
  const files = await openFiles(options, rejectsPath, (rejectsFile) =>
    Checkpoint.open({
      source,
      sourceName,
      stream: describeStream(stream),
      streamIdentity,
      path: options.checkpoint,
      onSave: () => rejectsFile.flush(),
      onWarning: (message) => session.warn(message),
    }),
  );
  if (files.checkpoint) session.notify(files.checkpoint.greeting);

  const { stop, abort } = session.start();
  const client = streamClient(stream, 1);
  const fault = await produce({
    source,
    client,
    stream,
    clock: systemClock,
    count: options.count ?? definition.defaultCount,
    rate: options.rate,
    maxAgeMs: options.maxAge * 1000,
    tally: session.tally,
    warnings: session.warnings,
    outage: session.outage,
    onNotice: (message) => session.notify(message),
    ...files,
    stop,
    abort,
  }).then(
    () => undefined,
    (error: unknown) => error,
  );
  client.destroy();
  const summary = session.end(files.rejectsFile.isUsed ? files.rejectsFile.path : undefined);

  process.stdout.write(`${options.json ? JSON.stringify(summary) : summaryLine(summary)}\n`);
  if (fault !== undefined && !isInterrupted(fault)) throw fault;
  if (abort.aborted) throw new CommandError("interrupted", ExitCode.interrupted);
  process.exitCode = exitCode(summary);
}

/** Opens the files that the run writes; those that it needs no more are removed if one cannot be opened. */
async function openFiles(
  options: ProducerOptions,
  rejectsPath: string,
  openCheckpoint: (rejectsFile: RejectsFile) => Promise<Checkpoint>,
): Promise<Pick<ProducerRun, "rejectsFile" | "checkpoint" | "receipts">> {
  const isNamed = options.rejects !== undefined;
  const rejectsFile = await (isNamed ? RejectsFile.append(rejectsPath) : RejectsFile.create(rejectsPath));
  try {
    const checkpoint = options.resume ? await openCheckpoint(rejectsFile) : undefined;
    const receipts = options.receipts === undefined ? undefined : new Receipts(options.receipts);
    return { rejectsFile, checkpoint, receipts };
  } catch (error) {
    await rejectsFile.close();
    throw error;
  }
}

function exitCode(summary: Summary): ExitCode {
  if (summary.undelivered > 0) return ExitCode.failed;
  return summary.rejected > 0 ? ExitCode.rejects : ExitCode.ok;
}

void runCommand(producerCommand().action(run));
