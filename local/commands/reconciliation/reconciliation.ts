import type { Clients } from "../../gateway/clients";
import { type Attributes, differingAttributes, expectedItem, isStreamNotice } from "./expected-item";
import {
  type Copy,
  type FailureBucketContents,
  keyOf,
  partId,
  readFailureBucket,
  readItems,
  readStream,
  type StreamRecord,
} from "./stack-contents";
import { type UserRecord, userRecordsOf } from "./user-records";
import { type RecordState, settleKey, type Version } from "./versions";

/**
 * Where the records that Kinesis acknowledged are, by their contents. Each of them counts once, in the first of
 * `different`, `failed`, `lost`, `rejected` and `stored` that holds.
 */
export interface Counts {
  /** Records that Kinesis acknowledged. */
  produced: number;
  /** Of those: records whose item is in the table, whole, and notices of a stream of tweets, which need none. */
  stored: number;
  /** Of those: records that the function rejected, and that are in the failure bucket byte for byte. */
  rejected: number;
  /** Records in failed batches, whether or not Kinesis acknowledged them. */
  failed: number;
  /** Acknowledged records in none of the three places. */
  lost: number;
  /** Records whose item, or whose copy in the failure bucket, is different, whether or not they were acknowledged. */
  different: number;
  /** Items in the table, and records in the failure bucket, that no record on the stream accounts for. */
  stray: number;
  /** Records that are both rejected and stored. */
  duplicates: number;
}

/** The counts, and what explains those that should be 0. */
export interface Reconciliation {
  counts: Counts;
  /** Records that the function should not have rejected. */
  wronglyRejected: number;
  /** Why records were rejected, and why batches failed, in the words of the failure bucket. */
  reasons: { rejected: string[]; failed: string[] };
  /** What is different: names of attributes, and `set-aside copy`. */
  differences: string[];
}

/** What a reconciliation needs. */
export interface ReconciliationInput {
  clients: Clients;
  outputs: { stream_name: string; table_name: string; failure_bucket_name: string };
  /** Days from a record's arrival until its item expires; 0 means never. */
  timeToLiveDays: number;
  /** The ids (see `recordId`) of the records that Kinesis acknowledged. */
  acknowledged: ReadonlySet<string>;
  /** Whether bytes that can never be an item were put on the stream on purpose, so that the function must reject them. */
  mayBeRejected: (data: Uint8Array) => boolean;
}

/**
 * Compares what Kinesis acknowledged with what the table and the failure bucket hold, attribute by attribute and byte
 * by byte. Nothing may be under way meanwhile. What must be stored of a key that was put several times, `settleKey` says.
 */
export async function reconcile(input: ReconciliationInput): Promise<Reconciliation> {
  const { clients, outputs } = input;
  const items = await readItems(clients.dynamodb, outputs.table_name);
  const bucket = await readFailureBucket(clients.s3, outputs.failure_bucket_name);
  const search = new Search(items, bucket, input);
  for await (const record of readStream(clients.kinesis, outputs.stream_name)) search.lookUp(record);
  return search.result();
}

/** Looks for the stream's records, one after the other. What no record accounts for remains, and is stray. */
class Search {
  readonly #items: Map<string, Attributes>;
  readonly #bucket: FailureBucketContents;
  readonly #input: ReconciliationInput;
  readonly #records: RecordState[] = [];
  /** The records that can be items, by the item's key, in the order of the stream. */
  readonly #versions = new Map<string, Version[]>();
  readonly #reasons = { rejected: new Set<string>(), failed: new Set<string>() };
  readonly #differences = new Set<string>();
  #wronglyRejected = 0;

  constructor(items: Map<string, Attributes>, bucket: FailureBucketContents, input: ReconciliationInput) {
    this.#items = items;
    this.#bucket = bucket;
    this.#input = input;
  }

  lookUp(record: StreamRecord): void {
    const failed = this.#take("failed", record.id);
    const state: RecordState = {
      isAcknowledged: this.#input.acknowledged.has(record.id),
      isFailed: failed.length > 0,
      isRejected: false,
      isLost: false,
      isDifferent: false,
    };
    this.#records.push(state);
    this.#compare(failed, record, state);

    const rejected = this.#take("rejected", record.id);
    const userRecords = userRecordsOf(record.data);
    const isWhole = userRecords === undefined || rejected.length > 0;
    if (isWhole) this.#lookUpPart(record, rejected, record, state);
    // Of an aggregate that is rejected as a whole, the function may store what it can.
    userRecords?.forEach((userRecord, position) => {
      const copies = this.#take("rejected", partId(record.id, position));
      this.#lookUpPart(userRecord, copies, record, state, isWhole);
    });
  }

  result(): Reconciliation {
    let duplicates = 0;
    for (const [key, versions] of this.#versions) {
      const settled = settleKey(versions, this.#items.has(key));
      if (settled.accountsForItem) this.#items.delete(key);
      if (settled.isDuplicate) duplicates += 1;
      for (const name of settled.differences) this.#differences.add(name);
    }
    const { rejected, failed, unreadable } = this.#bucket;
    const stray = this.#items.size + rejected.size + failed.size + unreadable;
    return {
      counts: { ...countRecords(this.#records, this.#input.acknowledged.size), stray, duplicates },
      wronglyRejected: this.#wronglyRejected,
      reasons: { rejected: [...this.#reasons.rejected].sort(), failed: [...this.#reasons.failed].sort() },
      differences: [...this.#differences].sort(),
    };
  }

  /**
   * Looks for an ordinary record, or for one of those in an aggregate.
   * @param copies of it among what was rejected
   * @param isCovered whether the aggregate is in the failure bucket as a whole
   */
  #lookUpPart(
    part: UserRecord,
    copies: readonly Copy[],
    { partitionKey, arrivedMs }: StreamRecord,
    state: RecordState,
    isCovered = false,
  ): void {
    const isRejected = copies.length > 0;
    this.#compare(copies, part, state);
    if (isRejected) state.isRejected = true;

    const expected = expectedItem({ data: part.data, arrivedMs }, this.#input.timeToLiveDays);
    if (isRejected && (expected || !this.#input.mayBeRejected(part.data))) this.#wronglyRejected += 1;
    const mayBeMissing = state.isFailed || isCovered;
    if (!expected) {
      if (!isRejected && !mayBeMissing && !isStreamNotice(part.data)) state.isLost = true;
      return;
    }
    const key = keyOf(expected);
    const item = this.#items.get(key);
    const differences = item ? differingAttributes(item, expected) : [];
    const versions = this.#versions.get(key) ?? [];
    versions.push({ record: state, partitionKey, isRejected, mayBeMissing, differences });
    this.#versions.set(key, versions);
  }

  /** The copies of a record, which is then accounted for. */
  #take(place: "rejected" | "failed", id: string): readonly Copy[] {
    const copies = this.#bucket[place].get(id) ?? [];
    this.#bucket[place].delete(id);
    for (const { why } of copies) this.#reasons[place].add(why);
    return copies;
  }

  #compare(copies: readonly Copy[], { partitionKey, data }: UserRecord, state: RecordState): void {
    if (copies.every((copy) => copy.partitionKey === partitionKey && copy.data.equals(data))) return;
    state.isDifferent = true;
    this.#differences.add("set-aside copy");
  }
}

function countRecords(
  records: readonly RecordState[],
  produced: number,
): Omit<Counts, "stray" | "duplicates"> {
  const counts = { produced, stored: 0, rejected: 0, failed: 0, lost: 0, different: 0 };
  let onStream = 0;
  for (const record of records) {
    if (record.isAcknowledged) onStream += 1;
    const place = placeOf(record);
    if (record.isAcknowledged || place === "different" || place === "failed") counts[place] += 1;
  }
  counts.lost += produced - onStream;
  return counts;
}

function placeOf({ isDifferent, isFailed, isLost, isRejected }: RecordState) {
  if (isDifferent) return "different";
  if (isFailed) return "failed";
  if (isLost) return "lost";
  return isRejected ? "rejected" : "stored";
}
