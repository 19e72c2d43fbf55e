import type { StreamIdentity } from "../../kinesis-writer/stream-client";
import { CommandError, ExitCode } from "../../shared/errors";
import type { SavedCheckpoint } from "./checkpoint-file";

/** What a checkpoint must have in common with a run that resumes from it, apart from the input. */
export interface RunIdentity {
  /** What `--source` calls the source. */
  sourceName: string;
  /** The stream, as `describeStream` describes it. */
  stream: string;
  /** What tells the stream from one of the same name; undefined if the producer may not ask. */
  streamIdentity?: StreamIdentity | undefined;
}

/**
 * Makes sure that a checkpoint belongs to a run's source and stream. What is on one stream is not on another, even if
 * that has the same name: it may be another account's, or may have been deleted and created again.
 * @param file the checkpoint's path, for messages
 * @returns what could not be compared, in a sentence for the user; undefined if all was
 * @throws CommandError with the usage code that names both and the remedy
 */
export function expectSameRun(saved: SavedCheckpoint, file: string, run: RunIdentity): string | undefined {
  const { sourceName, stream, streamIdentity: now } = run;
  if (saved.source !== sourceName)
    throw another(file, `--source ${saved.source}, not to --source ${sourceName}`);
  if (saved.stream !== stream) throw another(file, `${saved.stream}, but this run is for ${stream}`);

  if (now === undefined)
    return `${uncompared(file, stream)}: the producer's access key may not call kinesis:DescribeStreamSummary`;
  if (saved.streamArn !== undefined && saved.streamArn !== now.arn)
    throw another(file, `${stream} with the ARN ${saved.streamArn}, but this run is for ${now.arn}`);
  const { streamCreatedAt: createdAt, savedAt } = saved;
  if (createdAt === undefined ? Date.parse(savedAt) < Date.parse(now.createdAt) : createdAt !== now.createdAt)
    throw another(
      file,
      `${stream} as it was ${createdAt === undefined ? `at ${savedAt}` : `created at ${createdAt}`}, but this run is for one of the same name that was created at ${now.createdAt}`,
    );
  return saved.streamArn === undefined
    ? `${uncompared(file, stream)}: the run that saved it did not know the stream's ARN`
    : undefined;
}

function another(file: string, difference: string): CommandError {
  return new CommandError(
    `the checkpoint ${file} belongs to ${difference}; name another file with --checkpoint, or delete this one to start at the beginning`,
    ExitCode.usage,
  );
}

function uncompared(file: string, stream: string): string {
  return `the checkpoint ${file} is taken for one of ${stream}, but that is not certain`;
}
