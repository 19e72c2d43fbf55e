import type { KinesisStreamRecord } from "aws-lambda";
import { type BatchProcessing, handleBatch } from "../../local/lambda/event-source-mapping/handle-batch";
import type { EventSourceMappingSettings } from "../../local/lambda/event-source-mapping/mapping-settings";
import type { SetAsideBatch } from "../../local/lambda/event-source-mapping/on-failure-destination";
import { ARRIVAL, SHARD_ID } from "./kinesis-event";
import { mappingSettings } from "./mapping-settings";
import { batchOf, lettersOf, type Reaction, succeed } from "./scripted-function";
import { VirtualClock } from "./virtual-clock";

/** What happened to a batch. Records are named by the letters in their data. */
export interface ProcessedBatch {
  /** The batches that the function was invoked with. */
  invocations: string[];
  /** The handled records, in order. */
  handled: string;
  setAside: SetAsideBatch[];
  problems: string[];
  /** Every wait, in milliseconds. */
  slept: readonly number[];
}

/**
 * Settles a batch with a function that reacts as the script says, and succeeds once the script has ended. The clock
 * starts when the records arrive.
 * @param records a batch, or the letters of its records
 */
export async function processLetters(
  records: string | readonly KinesisStreamRecord[],
  script: readonly Reaction[],
  settings: Partial<EventSourceMappingSettings> = {},
  parts: Partial<BatchProcessing> = {},
): Promise<ProcessedBatch> {
  const clock = new VirtualClock(ARRIVAL * 1000);
  const reactions = script.values();
  const processed: ProcessedBatch = {
    invocations: [],
    handled: "",
    setAside: [],
    problems: [],
    slept: clock.slept,
  };
  clock.run();
  await handleBatch(typeof records === "string" ? batchOf(records) : records, {
    shardId: SHARD_ID,
    settings: mappingSettings(settings),
    retentionSeconds: 86_400,
    clock,
    signal: new AbortController().signal,
    invoke: (event) => {
      processed.invocations.push(lettersOf(event.Records));
      return (reactions.next().value ?? succeed)(event);
    },
    onHandled: (records) => {
      processed.handled += lettersOf(records);
    },
    setAside: async (batch) => {
      processed.setAside.push(batch);
    },
    onProblem: (message) => processed.problems.push(message),
    ...parts,
  });
  clock.stop();
  return processed;
}
