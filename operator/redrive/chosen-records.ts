import type { FailureBucketClient, ListedObject, ObjectContent, Survey } from "./failure-bucket-client";
import { inParallel } from "./in-parallel";
import type { Selection } from "./selection";
import {
  NotUnderstoodError,
  readSetAsideObject,
  type SetAsideObject,
  type SetAsideRecord,
} from "./set-aside-object";

/** An object, and the records chosen from it. */
export interface ChosenRecords {
  listed: ListedObject;
  content: ObjectContent;
  object: SetAsideObject;
  chosen: readonly SetAsideRecord[];
}

export interface Choice {
  bucket: FailureBucketClient;
  /** Objects that came later are skipped. */
  survey: Survey;
  selection: Selection;
  /** Called when an object has been worked on or skipped. */
  onLookedAt(): void;
  /** Called with each object of another format, which is not touched. */
  onNotUnderstood(key: string, problem: string): void;
}

/**
 * Goes through the bucket's objects, several at once.
 * @param work called with each object from which records are chosen
 * @throws whatever `work` or the bucket throws; what is under way is finished first
 */
export async function forChosenRecords(
  choice: Choice,
  work: (chosen: ChosenRecords) => Promise<void>,
): Promise<void> {
  await inParallel(objects(choice), LIMITS, async (listed) => {
    const chosen = await choose(listed, choice);
    if (chosen) await work(chosen);
    choice.onLookedAt();
  });
}

const MEBIBYTE = 1024 * 1024;

/**
 * How much is under way at the same time. The number limits small objects, which mostly wait for the network; the
 * weight limits large ones, which are held in memory about three times over.
 */
const LIMITS = { items: 32, weight: 64 * MEBIBYTE, weightOf: ({ bytes }: ListedObject) => bytes };

/** With its default memory, the event processor could not write a larger object. */
const MAX_OBJECT_BYTES = 256 * MEBIBYTE;

async function* objects({ bucket, survey, selection }: Choice): AsyncGenerator<ListedObject> {
  for await (const listed of bucket.objects(survey)) {
    if (selection.isComplete) return;
    yield listed;
  }
}

async function choose(listed: ListedObject, choice: Choice): Promise<ChosenRecords | undefined> {
  const { bucket, selection, onNotUnderstood } = choice;
  // The run may have been stopped, or have chosen enough, while the object waited for its turn.
  if (bucket.stop.aborted || selection.isComplete || !selection.mayBeIn(listed)) return undefined;
  try {
    if (listed.bytes > MAX_OBJECT_BYTES) throw new NotUnderstoodError(`it has ${listed.bytes} bytes`);
    const content = await bucket.read(listed);
    if (!content) return undefined;
    const object = await readSetAsideObject(listed.key, content.content);
    const chosen = selection.take(object.records);
    return chosen.length > 0 ? { listed, content, object, chosen } : undefined;
  } catch (error) {
    if (!(error instanceof NotUnderstoodError)) throw error;
    onNotUnderstood(listed.key, error.message);
    return undefined;
  }
}
