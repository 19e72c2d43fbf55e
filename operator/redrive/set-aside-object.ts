import * as v from "valibot";
import { FailedBatchOfAnything, FailedRecord } from "../../events/failed-batch";
import { decodeJson } from "../../events/json";
import { brokenRule } from "../../events/parse-event";
import { REJECTED_RECORDS_PREFIX, RejectedRecord } from "../../events/rejected-record";
import {
  MAX_PARTITION_KEY_LENGTH,
  MAX_RECORD_BYTES,
  partitionKeyLength,
} from "../../kinesis-writer/stream-record";
import { splitLines } from "../../shared/lines";
import { formatCount } from "../../shared/terminal";

/** A record that is set aside, with what is needed to choose it and to put it back. */
export interface SetAsideRecord {
  /** Its place in the object, such as `line 2`. */
  readonly where: string;
  readonly reason: string;
  /** When Kinesis received it, epoch milliseconds. */
  readonly arrivedAt: number;
  readonly partitionKey: string;
  /** Its bytes, as Base64. */
  readonly data: string;
}

/** An object of the failure bucket, taken apart. */
export interface SetAsideObject {
  /** What can be put back. */
  readonly records: readonly SetAsideRecord[];
  /** What cannot: the place of each such record or line, and the rule it breaks, without its content. */
  readonly skipped: readonly string[];
  /** The object's content without some of its records. What cannot be put back stays in it. */
  without(taken: ReadonlySet<SetAsideRecord>): Uint8Array;
}

/** An object that neither the event processor nor Lambda writes. The message reveals nothing of its content. */
export class NotUnderstoodError extends Error {
  override readonly name = "NotUnderstoodError";
}

/**
 * Reads an object: rejected records, or a failed batch, depending on its key.
 * @throws NotUnderstoodError if it is neither, or none of its records is one
 */
export async function readSetAsideObject(key: string, content: Uint8Array): Promise<SetAsideObject> {
  return key.startsWith(REJECTED_RECORDS_PREFIX) ? readRejectedRecords(content) : readFailedBatch(content);
}

/** What stays is kept byte for byte. */
async function readRejectedRecords(content: Uint8Array): Promise<SetAsideObject> {
  const lines: Uint8Array[] = [];
  const entries: Entry[] = [];
  for await (const { number, bytes } of splitLines(only(content))) {
    if (bytes.length === 0) continue;
    lines.push(bytes);
    entries.push(rejectedRecord(bytes, `line ${number}`));
  }
  return objectOf(entries, (isLeft) =>
    Buffer.concat(lines.filter((_, index) => isLeft(index)).flatMap((bytes) => [bytes, LINE_FEED])),
  );
}

const LINE_FEED = Buffer.from("\n");

async function* only(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

function rejectedRecord(line: Uint8Array, where: string): Entry {
  const decoded = decodeJson(line);
  if (!decoded.ok) return { notUnderstood: `${where} is not JSON` };
  const { issues, output } = v.safeParse(RejectedRecord, decoded.value);
  if (issues) return { notUnderstood: `${where}: ${brokenRule(issues[0])}` };
  const { reason, approximateArrivalTimestamp, partitionKey, data } = output;
  return { where, reason, arrivedAt: Date.parse(approximateArrivalTimestamp), partitionKey, data };
}

/** What stays is the batch with fewer records in its payload; all else keeps the values that Lambda wrote. */
function readFailedBatch(content: Uint8Array): SetAsideObject {
  const decoded = decodeJson(content);
  if (!decoded.ok) throw new NotUnderstoodError("the object is not JSON");
  const { issues, output: batch } = v.safeParse(FailedBatchOfAnything, decoded.value);
  if (issues) throw new NotUnderstoodError(`the object: ${brokenRule(issues[0])}`);

  const { requestContext, payload } = batch;
  const entries = payload.Records.map((record, index) =>
    failedRecord(record, `record ${index + 1}`, requestContext.condition),
  );
  return objectOf(entries, (isLeft) => {
    const Records = payload.Records.filter((_, index) => isLeft(index));
    return Buffer.from(JSON.stringify({ ...batch, payload: JSON.stringify({ ...payload, Records }) }));
  });
}

function failedRecord(record: unknown, where: string, reason: string): Entry {
  const { issues, output } = v.safeParse(FailedRecord, record);
  if (issues) return { notUnderstood: `${where}: ${brokenRule(issues[0])}` };
  const { partitionKey, data, approximateArrivalTimestamp } = output.kinesis;
  return { where, reason, arrivedAt: approximateArrivalTimestamp * 1000, partitionKey, data };
}

/** A record, or a line or record that is not understood: its place and the rule it breaks. */
type Entry = SetAsideRecord | { notUnderstood: string };

/** @param rest the object's content with the entries at those indices that are left */
function objectOf(
  entries: readonly Entry[],
  rest: (isLeft: (index: number) => boolean) => Uint8Array,
): SetAsideObject {
  const records: SetAsideRecord[] = [];
  const skipped: string[] = [];
  for (const entry of entries) {
    const problem = "notUnderstood" in entry ? entry.notUnderstood : brokenLimit(entry);
    if (problem === undefined) records.push(entry as SetAsideRecord);
    else skipped.push(problem);
  }
  if (entries.length === 0) throw new NotUnderstoodError("it holds no records");
  if (entries.every((entry) => "notUnderstood" in entry)) throw new NotUnderstoodError(skipped[0]);
  return {
    records,
    skipped,
    without: (taken: ReadonlySet<Entry | undefined>) => rest((index) => !taken.has(entries[index])),
  };
}

/** The limit of Kinesis that a record breaks, if any: it would fail a whole call, with all its records. */
function brokenLimit({ where, partitionKey, data }: SetAsideRecord): string | undefined {
  const length = partitionKeyLength(partitionKey);
  if (length < 1 || length > MAX_PARTITION_KEY_LENGTH)
    return `${where}: the partition key has ${length} characters; Kinesis takes 1 to ${MAX_PARTITION_KEY_LENGTH}`;
  const bytes = Buffer.byteLength(data, "base64") + Buffer.byteLength(partitionKey);
  if (bytes > MAX_RECORD_BYTES)
    return `${where}: the record has ${formatCount(bytes)} bytes with its partition key; Kinesis takes at most ${formatCount(MAX_RECORD_BYTES)}`;
  return undefined;
}
