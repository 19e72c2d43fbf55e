import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { StreamAddress } from "../../kinesis-writer/kinesis-errors";
import type { StreamRecord } from "../../kinesis-writer/stream-record";
import { type Outcomes, StreamWriter } from "../../kinesis-writer/stream-writer";
import { OPERATOR } from "../caller";
import { type Choice, type ChosenRecords, forChosenRecords } from "./chosen-records";
import type { FailureBucket } from "./failure-bucket";
import type { RedriveTally } from "./redrive-tally";

/** How long a record is tried, in milliseconds. */
const MAX_AGE_MS = 300_000;
/** Objects are small and many: what one of them waits for others to share a call with, it is not removed for. */
const LINGER_MS = 20;

export interface PutBackOptions {
  client: KinesisClient;
  stream: StreamAddress;
  /** Is kept up to date. */
  tally: RedriveTally;
  /** Gives up what is under way; its objects stay. */
  abort: AbortSignal;
  /** Is told of an object that was written anew meanwhile, and so was left as it is. */
  onChanged(key: string): void;
  /** Is told why records were given up; their objects stay. */
  onUndelivered(reason: string): void;
}

/**
 * Puts the chosen records back on the stream. Their objects are removed, or rewritten with the records that were not
 * chosen, once Kinesis has acknowledged all that were chosen, and not before: whenever this is interrupted, no record
 * is lost, and at worst one is put back again the next time.
 * @throws CommandError if the stream or the bucket makes it impossible to go on
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

  try {
    await forChosenRecords(choice, async (chosen) => {
      if (!(await deliver(chosen, writer))) return;
      const isDone = await takeAway(chosen, choice.bucket);
      if (!isDone) onChanged(chosen.listed.key);
      tally[outcomeOf(chosen, isDone)]++;
    });
  } finally {
    await writer.close();
  }
}

/** @returns whether Kinesis acknowledged all of them */
async function deliver({ chosen }: ChosenRecords, writer: StreamWriter<RecordOfObject>): Promise<boolean> {
  const delivery = new Delivery(chosen.length);
  for (const { partitionKey, data } of chosen)
    await writer.put({ partitionKey, data: Buffer.from(data, "base64"), delivery });
  return delivery.isComplete;
}

/** @returns whether it was; not if the object was written anew since it was read */
function takeAway(
  { listed, content, object, chosen }: ChosenRecords,
  bucket: FailureBucket,
): Promise<boolean> {
  return chosen.length === object.records.length
    ? bucket.remove(listed, content)
    : bucket.replace(listed, content, object.without(new Set(chosen)));
}

function outcomeOf({ object, chosen }: ChosenRecords, isDone: boolean): "removed" | "rewritten" | "changed" {
  if (!isDone) return "changed";
  return chosen.length === object.records.length ? "removed" : "rewritten";
}

interface RecordOfObject extends StreamRecord {
  readonly delivery: Delivery;
}

/** What becomes of one object's records. */
class Delivery {
  /** Resolves once every record has its outcome: whether all were acknowledged. */
  readonly isComplete: Promise<boolean>;
  #allAcknowledged = true;
  #resolve: (isComplete: boolean) => void = () => undefined;

  constructor(private open: number) {
    this.isComplete = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  settle(isAcknowledged: boolean): void {
    this.#allAcknowledged &&= isAcknowledged;
    this.open--;
    if (this.open === 0) this.#resolve(this.#allAcknowledged);
  }
}
