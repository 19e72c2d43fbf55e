import { describe, expect, it } from "@jest/globals";
import type { SavedCheckpoint } from "../../../producer/delivery/checkpoint-file";
import { expectSameRun, type RunIdentity } from "../../../producer/delivery/same-run";
import { CommandError } from "../../../shared/errors";

const ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/posts";
const CREATED = "2026-11-23T07:00:00.000Z";
const STREAM = "the stream posts in eu-west-1";
const REMEDY = "; name another file with --checkpoint, or delete this one to start at the beginning";

const RUN: RunIdentity = {
  sourceName: "file",
  stream: STREAM,
  streamIdentity: { arn: ARN, createdAt: CREATED },
};
/** As earlier versions saved it, and as it is where the stream may not be described. */
const BARE: SavedCheckpoint = {
  source: "file",
  stream: STREAM,
  complete: true,
  savedAt: "2026-11-23T08:00:00.000Z",
};
const SAVED: SavedCheckpoint = { ...BARE, streamArn: ARN, streamCreatedAt: CREATED };

/** What is said about a checkpoint: a doubt, an error, or nothing. */
function comparison(saved: SavedCheckpoint, run: RunIdentity = RUN): unknown {
  try {
    return expectSameRun(saved, "c.json", run);
  } catch (error) {
    return error;
  }
}

const error = (difference: string) =>
  new CommandError(`the checkpoint c.json belongs to ${difference}${REMEDY}`, 2);

describe("a checkpoint", () => {
  it("belongs to a run with the same source and stream", () => {
    expect(comparison(SAVED)).toBeUndefined();
  });

  it.each([
    ["of another source", { source: "x" }, "--source x, not to --source file"],
    ["of another stream", { stream: "the stream b" }, `the stream b, but this run is for ${STREAM}`],
    [
      "of another account",
      { streamArn: "arn:aws:kinesis:eu-west-1:999999999999:stream/posts" },
      `${STREAM} with the ARN arn:aws:kinesis:eu-west-1:999999999999:stream/posts, but this run is for ${ARN}`,
    ],
    [
      "of a stream that was deleted and created again",
      { streamCreatedAt: "2026-11-22T00:00:00.000Z" },
      `${STREAM} as it was created at 2026-11-22T00:00:00.000Z, but this run is for one of the same name that was created at ${CREATED}`,
    ],
    [
      "of a stream that is younger than the checkpoint, which does not know its creation",
      { streamCreatedAt: undefined, savedAt: "2026-11-23T06:59:59.999Z" },
      `${STREAM} as it was at 2026-11-23T06:59:59.999Z, but this run is for one of the same name that was created at ${CREATED}`,
    ],
  ])("%s is an error that names both and the remedy", (_, difference, message) => {
    const outcome = comparison({ ...SAVED, ...difference });
    expect(outcome).toEqual(error(message));
    expect(outcome).toMatchObject({ exitCode: 2 });
  });
});

describe("a checkpoint that cannot be compared", () => {
  const doubt = `the checkpoint c.json is taken for one of ${STREAM}, but that is not certain`;

  it.each([SAVED, BARE])("because the stream may not be described now is taken, which is said", (saved) => {
    expect(comparison(saved, { ...RUN, streamIdentity: undefined })).toBe(
      `${doubt}: the producer's access key may not call kinesis:DescribeStreamSummary`,
    );
  });

  it("because it does not know the stream's ARN is taken, which is said, if it is not older than the stream", () => {
    for (const savedAt of [BARE.savedAt, CREATED])
      expect(comparison({ ...BARE, savedAt })).toBe(
        `${doubt}: the run that saved it did not know the stream's ARN`,
      );
  });

  it("is still not one of another stream or source", () => {
    const run = { ...RUN, streamIdentity: undefined };
    expect(comparison({ ...BARE, stream: "the stream b" }, run)).toEqual(
      error(`the stream b, but this run is for ${STREAM}`),
    );
    expect(comparison({ ...BARE, source: "x" }, run)).toEqual(error("--source x, not to --source file"));
  });
});
