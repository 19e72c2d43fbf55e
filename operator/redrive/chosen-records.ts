import type { FailureBucket, ListedObject, ObjectContent, Survey } from "./failure-bucket";
import { inParallel } from "./in-parallel";
import type { Selection } from "./selection";
import {
  NotUnderstoodError,
  readSetAsideObject,
  type SetAsideObject,
  type SetAsideRecord,
} from "./set-aside-object";

const MEBIBYTE = 1024 * 1024;

/**
 * How much is under way at a time. Small objects wait for the network most of the time; of large ones, what counts is
 * that they are held in memory, about three times over.
 */
const LIMITS = { items: 32, weight: 64 * MEBIBYTE, weightOf: ({ bytes }: ListedObject) => bytes };

/** An event processor with its default memory could not write a larger one. */
const MAX_OBJECT_BYTES = 256 * MEBIBYTE;

/** An object of which some records are chosen. */
export interface ChosenRecords {
  listed: ListedObject;
  content: ObjectContent;
  object: SetAsideObject;
  chosen: readonly SetAsideRecord[];
}

export interface Choice {
  bucket: FailureBucket;
  /** Objects that came later are passed over. */
  survey: Survey;
  selection: Selection;
  /** Is told of each object that was looked at. */
  onLookedAt(): void;
  /** Is told of an object that is left as it is. */
  onNotUnderstood(key: string, problem: string): void;
}

/**
 * Goes through the bucket's objects, several at a time.
 * @param work is given the objects of which records are chosen
 * @throws what `work` or the bucket throws; what is under way is finished first
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

async function* objects({ bucket, survey, selection }: Choice): AsyncGenerator<ListedObject> {
  for await (const listed of bucket.objects(survey)) {
    if (selection.isComplete) return;
    yield listed;
  }
}

async function choose(listed: ListedObject, choice: Choice): Promise<ChosenRecords | undefined> {
  const { bucket, selection, onNotUnderstood } = choice;
  // It has waited for its turn.
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
