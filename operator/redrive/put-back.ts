import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { StreamAddress } from "../../kinesis-writer/kinesis-errors";
import type { StreamRecord } from "../../kinesis-writer/stream-record";
import { type Outcomes, StreamWriter } from "../../kinesis-writer/stream-writer";
import { isInterrupted } from "../../shared/errors";
import { OPERATOR } from "../caller";
import { type Choice, type ChosenRecords, forChosenRecords } from "./chosen-records";
import type { FailureBucketClient } from "./failure-bucket-client";
import type { RedriveTally } from "./redrive-tally";

export interface PutBackOptions {
  client: KinesisClient;
  stream: StreamAddress;
  /** Updated as the run proceeds. */
  tally: RedriveTally;
  /** Stops immediately; objects under way stay in the bucket. */
  abort: AbortSignal;
  /** Called with the key of an object that is left as it is, because someone else changed it meanwhile. */
  onChanged(key: string): void;
  /** Called for each undelivered record; its object stays. */
  onUndelivered(reason: string): void;
}

/**
 * Puts the chosen records back on the stream. An object is removed, or rewritten with what else it holds, only once
 * Kinesis has acknowledged all that were chosen: whenever this is interrupted, no record is lost, and at worst some are
 * put back again the next time.
 * @throws CommandError if the stream or the bucket fails despite retries; the first fault, if there are several
 */
export async function putBack(choice: Choice, options: PutBackOptions): Promise<void> {
  const { client, stream, tally, abort, onChanged, onUndelivered } = options;
  const outcomes: Outcomes<RecordOfObject> = {
    onAcknowledged: (records) => {
      tally.putBack += records.length;
      for (const { delivery } of records) delivery.settle(true);
    },
    onResend: (count) => {
      tally.retried += count;
    },
    onUndelivered: async ({ delivery }, reason) => {
      tally.undelivered++;
      onUndelivered(reason);
      delivery.settle(false);
    },
  };
  const writer = new StreamWriter<RecordOfObject>({
    client,
    stream,
    caller: OPERATOR,
    outcomes,
    abort,
    maxAgeMs: MAX_AGE_MS,
    lingerMs: LINGER_MS,
  });

  const faults: unknown[] = [];
  const noteFault = (fault: unknown) => faults.push(fault);
  await forChosenRecords(choice, async (chosen) => {
    if (!(await deliver(chosen, writer))) return;
    const isDone = await takeOut(chosen, choice.bucket);
    if (!isDone) onChanged(chosen.listed.key);
    tally[outcomeOf(chosen, isDone)]++;
  }).catch(noteFault);
  await writer.close().catch(noteFault);
  if (faults.length > 0) throw faults.find((fault) => !isInterrupted(fault)) ?? faults[0];
}

/** @returns whether Kinesis acknowledged all of them */
async function deliver({ chosen }: ChosenRecords, writer: StreamWriter<RecordOfObject>): Promise<boolean> {
  const delivery = new Delivery(chosen.length);
  for (const { partitionKey, data } of chosen)
    await writer.put({ partitionKey, data: Buffer.from(data, "base64"), delivery });
  return delivery.isComplete;
}

/** @returns whether it was removed or rewritten; not if someone else changed it since it was read */
function takeOut(chosen: ChosenRecords, bucket: FailureBucketClient): Promise<boolean> {
  const { listed, content, object } = chosen;
  return leavesNothing(chosen)
    ? bucket.remove(listed, content)
    : bucket.replace(listed, content, object.without(new Set(chosen.chosen)));
}

function outcomeOf(chosen: ChosenRecords, isDone: boolean): "removed" | "rewritten" | "changed" {
  if (!isDone) return "changed";
  return leavesNothing(chosen) ? "removed" : "rewritten";
}

function leavesNothing({ object, chosen }: ChosenRecords): boolean {
  return chosen.length === object.records.length && object.skipped.length === 0;
}

/** How long a record is sent again before it is undelivered. */
const MAX_AGE_MS = 300_000;

/** Short, because objects are small and many, and an object stays until its last record is acknowledged. */
const LINGER_MS = 20;

interface RecordOfObject extends StreamRecord {
  readonly delivery: Delivery;
}

/** The outcome of one object's records. */
class Delivery {
  /** Resolves once every record has its outcome: whether all were acknowledged. */
  readonly isComplete: Promise<boolean>;
  #allAcknowledged = true;
  #pending: number;
  #resolve: (isComplete: boolean) => void = () => undefined;

  /** @param records how many records of the object are put back */
  constructor(records: number) {
    this.#pending = records;
    this.isComplete = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  settle(isAcknowledged: boolean): void {
    this.#allAcknowledged &&= isAcknowledged;
    this.#pending--;
    if (this.#pending === 0) this.#resolve(this.#allAcknowledged);
  }
}
