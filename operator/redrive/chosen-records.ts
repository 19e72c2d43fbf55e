import { formatCount } from "../../shared/terminal";
import type { EventTable } from "./event-table";
import {
  type FailureBucketClient,
  type ListedObject,
  type ObjectContent,
  ObjectFailedError,
  type Survey,
} from "./failure-bucket-client";
import { inParallel } from "./in-parallel";
import type { Selection } from "./selection";
import {
  NotUnderstoodError,
  readSetAsideObject,
  type SetAsideObject,
  type SetAsideRecord,
} from "./set-aside-object";
import { findSuperseded } from "./superseded";

/** An object, and the records chosen from it. */
export interface ChosenRecords {
  listed: ListedObject;
  content: ObjectContent;
  object: SetAsideObject;
  chosen: readonly SetAsideRecord[];
}

export interface Choice {
  bucket: FailureBucketClient;
  /** Where records may be superseded; without it, none is. */
  table: EventTable | undefined;
  /** Objects that came later are skipped. */
  survey: Survey;
  selection: Selection;
  /** Called when an object has been worked on or skipped. */
  onLookedAt(): void;
  /** Called with each object of another format, which is not touched. */
  onNotUnderstood(key: string, problem: string): void;
  /** Called with each object that holds what cannot be put back: the places, and the rules that are broken. */
  onSkipped(key: string, problems: readonly string[]): void;
  /** Called with each object that holds superseded records: the places, and why. */
  onSuperseded(key: string, problems: readonly string[]): void;
  /** Called with each object for which S3 failed a call despite retries; it stays as it is. */
  onFailed(key: string, problem: string): void;
}

/**
 * Goes through the bucket's objects, several at once. An object for which S3 fails a call is skipped.
 * @param work called with each object from which records are chosen
 * @throws whatever else `work` or the bucket throws, or the failure of several objects in a row; what is under way is
 * finished first
 */
export async function forChosenRecords(
  choice: Choice,
  work: (chosen: ChosenRecords) => Promise<void>,
): Promise<void> {
  let failedInARow = 0;
  await inParallel(objects(choice), LIMITS, async (listed) => {
    try {
      const chosen = await choose(listed, choice);
      if (chosen) await work(chosen);
      failedInARow = 0;
    } catch (error) {
      if (!(error instanceof ObjectFailedError)) throw error;
      choice.onFailed(listed.key, error.message);
      failedInARow++;
      if (failedInARow >= MAX_FAILED_IN_A_ROW) throw error;
    }
    choice.onLookedAt();
  });
}

const MEBIBYTE = 1024 * 1024;

/**
 * How much is under way at the same time. The number limits small objects, which mostly wait for the network; the
 * weight limits large ones, which are held in memory about three times over.
 */
const LIMITS = { items: 32, weight: 64 * MEBIBYTE, weightOf: ({ bytes }: ListedObject) => bytes };

/** When as many fail without a success in between as may be under way at once, the fault is not that of single objects. */
const MAX_FAILED_IN_A_ROW = LIMITS.items;

/** With its default memory, the event processor could not write a larger object. */
const MAX_OBJECT_BYTES = 256 * MEBIBYTE;

async function* objects({ bucket, survey, selection }: Choice): AsyncGenerator<ListedObject> {
  for await (const listed of bucket.objects(survey)) {
    if (selection.isComplete) return;
    yield listed;
  }
}

async function choose(listed: ListedObject, choice: Choice): Promise<ChosenRecords | undefined> {
  const { bucket, table, selection, onSuperseded } = choice;
  // The run may have been stopped, or have chosen enough, while the object waited for its turn.
  if (bucket.stop.aborted || selection.isComplete || !selection.mayBeIn(listed)) return undefined;
  const read = await readObject(listed, choice);
  if (!read) return undefined;
  const wanted = selection.wanted(read.object.records);
  const superseded = table ? await findSuperseded(wanted, table) : new Map<SetAsideRecord, string>();
  if (superseded.size > 0)
    onSuperseded(
      listed.key,
      [...superseded].map(([{ where }, why]) => `${where}: ${why}`),
    );
  const chosen = selection.take(wanted.filter((record) => !superseded.has(record)));
  return chosen.length > 0 ? { listed, ...read, chosen } : undefined;
}

/** Reads an object, and reports what cannot be put back; undefined if the object is gone, or not understood. */
async function readObject(
  listed: ListedObject,
  { bucket, onNotUnderstood, onSkipped }: Choice,
): Promise<Pick<ChosenRecords, "content" | "object"> | undefined> {
  const { key, bytes } = listed;
  try {
    if (bytes > MAX_OBJECT_BYTES)
      throw new NotUnderstoodError(
        `it has ${formatCount(bytes)} bytes; redrive reads at most ${formatCount(MAX_OBJECT_BYTES)}`,
      );
    const content = await bucket.read(listed);
    if (!content) return undefined;
    const object = await readSetAsideObject(key, content.content);
    if (object.skipped.length > 0) onSkipped(key, object.skipped);
    return { content, object };
  } catch (error) {
    if (!(error instanceof NotUnderstoodError)) throw error;
    onNotUnderstood(key, error.message);
    return undefined;
  }
}
