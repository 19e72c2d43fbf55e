import * as v from "valibot";
import { FailedBatch } from "../../events/failed-batch";
import { decodeJson } from "../../events/json";
import { brokenRule } from "../../events/parse-event";
import { REJECTED_RECORDS_PREFIX, RejectedRecord } from "../../events/rejected-record";
import { MAX_PARTITION_KEY_LENGTH } from "../../kinesis-writer/stream-record";
import { splitLines } from "../../shared/lines";

/** A record that is set aside, with what is needed to choose it and to put it back. */
export interface SetAsideRecord {
  readonly reason: string;
  /** When Kinesis received it, epoch milliseconds. */
  readonly arrivedAt: number;
  readonly partitionKey: string;
  /** Its bytes, as Base64. */
  readonly data: string;
}

/** An object of the failure bucket, taken apart. */
export interface SetAsideObject {
  readonly records: readonly SetAsideRecord[];
  /** The object's content without some of its records. */
  without(taken: ReadonlySet<SetAsideRecord>): Uint8Array;
}

/** An object that neither the event processor nor Lambda writes. The message reveals nothing of its content. */
export class NotUnderstoodError extends Error {
  override readonly name = "NotUnderstoodError";
}

/**
 * Reads an object: rejected records, or a failed batch, depending on its key.
 * @throws NotUnderstoodError if it is neither
 */
export async function readSetAsideObject(key: string, content: Uint8Array): Promise<SetAsideObject> {
  const object = key.startsWith(REJECTED_RECORDS_PREFIX)
    ? await readRejectedRecords(content)
    : readFailedBatch(content);
  if (object.records.length === 0) throw new NotUnderstoodError("it holds no records");
  return object;
}

/** The lines of records that stay are kept byte for byte. */
async function readRejectedRecords(content: Uint8Array): Promise<SetAsideObject> {
  const lines: { bytes: Uint8Array; record: SetAsideRecord }[] = [];
  for await (const { number, bytes } of splitLines(only(content)))
    if (bytes.length > 0) lines.push({ bytes, record: readRejectedRecord(bytes, `line ${number}`) });
  return {
    records: lines.map(({ record }) => record),
    without: (taken) =>
      Buffer.concat(
        lines.filter(({ record }) => !taken.has(record)).flatMap(({ bytes }) => [bytes, LINE_FEED]),
      ),
  };
}

const LINE_FEED = Buffer.from("\n");

async function* only(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

function readRejectedRecord(line: Uint8Array, where: string): SetAsideRecord {
  const { reason, approximateArrivalTimestamp, partitionKey, data } = parse(RejectedRecord, line, where);
  const arrivedAt = Date.parse(approximateArrivalTimestamp);
  return checked({ reason, arrivedAt, partitionKey, data }, where);
}

/** What stays is the batch with fewer records in its payload; all else keeps the values that Lambda wrote. */
function readFailedBatch(content: Uint8Array): SetAsideObject {
  const batch = parse(FailedBatch, content, "the object");
  const { requestContext, payload } = batch;
  const records = payload.Records.map(({ kinesis }, index) =>
    checked(
      {
        reason: requestContext.condition,
        arrivedAt: kinesis.approximateArrivalTimestamp * 1000,
        partitionKey: kinesis.partitionKey,
        data: kinesis.data,
      },
      `record ${index + 1}`,
    ),
  );
  return {
    records,
    without: (taken) => {
      const Records = payload.Records.filter((_, index) => !isTaken(taken, records[index]));
      return Buffer.from(JSON.stringify({ ...batch, payload: JSON.stringify({ ...payload, Records }) }));
    },
  };
}

function isTaken(taken: ReadonlySet<SetAsideRecord>, record: SetAsideRecord | undefined): boolean {
  return record !== undefined && taken.has(record);
}

/** Checks the partition key: one that Kinesis does not accept would fail a whole call, with all its records. */
function checked(record: SetAsideRecord, where: string): SetAsideRecord {
  const { length } = [...record.partitionKey];
  if (length < 1 || length > MAX_PARTITION_KEY_LENGTH)
    throw new NotUnderstoodError(
      `${where}: the partition key has ${length} characters; Kinesis takes 1 to ${MAX_PARTITION_KEY_LENGTH}`,
    );
  return record;
}

function parse<S extends v.GenericSchema>(schema: S, bytes: Uint8Array, where: string): v.InferOutput<S> {
  const decoded = decodeJson(bytes);
  if (!decoded.ok) throw new NotUnderstoodError(`${where} is not JSON`);
  const parsed = v.safeParse(schema, decoded.value);
  if (parsed.success) return parsed.output;
  throw new NotUnderstoodError(`${where}: ${brokenRule(parsed.issues[0])}`);
}
