import type { KinesisStreamRecord } from "aws-lambda";
import { brokenItemLimit, type EventItem, eventItem } from "../../events/event-item";
import { disaggregate } from "../../events/kpl-aggregation";
import { parseEvent } from "../../events/parse-event";
import type { RejectionReason } from "../../events/rejected-record";

/** What a producer put on the stream: a Kinesis record, or one of those in an aggregate. */
export interface UserRecord {
  streamArn: string;
  shardId: string;
  sequenceNumber: string;
  /** The position within an aggregate, from 0; absent from an ordinary record. */
  subSequenceNumber?: number;
  partitionKey: string;
  /** When Kinesis received it. */
  arrivedAt: Date;
  data: Uint8Array;
}

/** A record that can never be stored. */
export interface Rejection {
  record: UserRecord;
  reason: RejectionReason;
  /** The rule that was broken, without the post's text. */
  detail: string;
  /** How many user records it stands for: 1, or all those of an aggregate that is rejected as a whole. */
  userRecords: number;
}

/** A record that can be stored, as its item. */
export interface StorableRecord {
  record: UserRecord;
  item: EventItem;
}

/** What a Kinesis record holds. Its size is bounded by the record's, whatever is in that. */
export interface DecodedRecord {
  userRecords: number;
  storable: StorableRecord[];
  rejections: Rejection[];
  /** How many user records are stream notices. */
  skipped: number;
}

/**
 * Decodes the user records of a Kinesis record, in the order in which they were put. Never throws.
 *
 * An aggregate of 1 MiB may hold 170,000 user records. If the rejected ones would take more than four times its room in
 * the failure bucket, it is rejected as a whole; what can be stored of it is stored all the same.
 * @param timeToLiveDays days from the record's arrival until its items expire; 0 means never
 */
export function decodeRecord(kinesisRecord: KinesisStreamRecord, timeToLiveDays: number): DecodedRecord {
  const whole = wholeRecord(kinesisRecord);
  const decoded: DecodedRecord = { userRecords: 0, storable: [], rejections: [], skipped: 0 };
  let rejected = 0;
  let room = 4 * setAsideBytes(whole);
  for (const record of userRecords(whole)) {
    decoded.userRecords++;
    const result = decodeUserRecord(record, timeToLiveDays);
    if ("item" in result) decoded.storable.push(result);
    else if ("notice" in result) decoded.skipped++;
    else {
      rejected++;
      room -= setAsideBytes(record);
      if (room >= 0) decoded.rejections.push(result);
    }
  }
  const [first] = decoded.rejections;
  if (first && room < 0) {
    const detail = `${rejected} of ${decoded.userRecords} user records; the first: ${first.detail}`;
    decoded.rejections = [{ ...first, record: whole, detail, userRecords: rejected }];
  }
  return decoded;
}

/** About how many bytes a rejected record takes in the failure bucket, where its data is Base64. */
export function setAsideBytes({ data, partitionKey }: UserRecord): number {
  return 500 + partitionKey.length + (data.length * 4) / 3;
}

/** Rejects a record by itself. */
export function rejection(record: UserRecord, reason: RejectionReason, detail: string): Rejection {
  return { record, reason, detail, userRecords: 1 };
}

function wholeRecord({ eventID, eventSourceARN, kinesis }: KinesisStreamRecord): UserRecord {
  return {
    streamArn: eventSourceARN,
    shardId: shardOf(eventID),
    sequenceNumber: kinesis.sequenceNumber,
    partitionKey: kinesis.partitionKey,
    arrivedAt: new Date(kinesis.approximateArrivalTimestamp * 1000),
    data: Buffer.from(kinesis.data, "base64"),
  };
}

function* userRecords(whole: UserRecord): Generator<UserRecord> {
  const aggregated = disaggregate(whole.data);
  if (!aggregated) return yield whole;
  let subSequenceNumber = 0;
  for (const userRecord of aggregated)
    yield { ...whole, ...userRecord, subSequenceNumber: subSequenceNumber++ };
}

/** An event ID is `shardId-000000000006:49590338271490256608559692538361571095921575989136588898`. */
function shardOf(eventID: string): string {
  return eventID.slice(0, eventID.indexOf(":"));
}

function decodeUserRecord(
  record: UserRecord,
  timeToLiveDays: number,
): StorableRecord | Rejection | { notice: string } {
  const parsed = parseEvent(record.data);
  if (!parsed.ok) return "notice" in parsed ? parsed : rejection(record, parsed.reason, parsed.detail);

  const item = eventItem(parsed.post, expiresAt(record.arrivedAt, timeToLiveDays));
  const brokenLimit = brokenItemLimit(item);
  return brokenLimit ? rejection(record, "item-too-large", brokenLimit) : { record, item };
}

const SECONDS_PER_DAY = 24 * 60 * 60;

/** In epoch seconds, counted from the arrival, not from now: a record that is processed again gives the same item. */
function expiresAt(arrivedAt: Date, timeToLiveDays: number): number | undefined {
  if (timeToLiveDays === 0) return undefined;
  return Math.floor(arrivedAt.getTime() / 1000) + timeToLiveDays * SECONDS_PER_DAY;
}
