import type { KinesisStreamRecord } from "aws-lambda";
import { brokenItemLimit, type EventItem, eventItem } from "../../events/event-item";
import { parseEvent } from "../../events/parse-event";
import type { RejectionReason } from "../../events/rejected-record";
import { disaggregate } from "./kpl-aggregation";

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
}

/** A record that can be stored, as its item. */
export interface StorableRecord {
  record: UserRecord;
  item: EventItem;
}

/**
 * Decodes the user records of a Kinesis record, in the order in which they were put. Never throws.
 * @param timeToLiveDays days from the record's arrival until its items expire; 0 means never
 */
export function decodeRecord(
  kinesisRecord: KinesisStreamRecord,
  timeToLiveDays: number,
): (StorableRecord | Rejection)[] {
  return userRecords(kinesisRecord).map((record) => decodeUserRecord(record, timeToLiveDays));
}

function userRecords({ eventID, eventSourceARN, kinesis }: KinesisStreamRecord): UserRecord[] {
  const record: UserRecord = {
    streamArn: eventSourceARN,
    shardId: shardOf(eventID),
    sequenceNumber: kinesis.sequenceNumber,
    partitionKey: kinesis.partitionKey,
    arrivedAt: new Date(kinesis.approximateArrivalTimestamp * 1000),
    data: Buffer.from(kinesis.data, "base64"),
  };
  const aggregated = disaggregate(record.data);
  if (!aggregated) return [record];
  return aggregated.map((userRecord, subSequenceNumber) => ({ ...record, ...userRecord, subSequenceNumber }));
}

/** An event ID is `shardId-000000000006:49590338271490256608559692538361571095921575989136588898`. */
function shardOf(eventID: string): string {
  return eventID.slice(0, eventID.indexOf(":"));
}

function decodeUserRecord(record: UserRecord, timeToLiveDays: number): StorableRecord | Rejection {
  const parsed = parseEvent(record.data);
  if (!parsed.ok) return { record, reason: parsed.reason, detail: parsed.detail };

  const item = eventItem(parsed.post, expiresAt(record.arrivedAt, timeToLiveDays));
  const brokenLimit = brokenItemLimit(item);
  return brokenLimit ? { record, reason: "item-too-large", detail: brokenLimit } : { record, item };
}

const SECONDS_PER_DAY = 24 * 60 * 60;

/** In epoch seconds, counted from the arrival, not from now: a record that is processed again gives the same item. */
function expiresAt(arrivedAt: Date, timeToLiveDays: number): number | undefined {
  if (timeToLiveDays === 0) return undefined;
  return Math.floor(arrivedAt.getTime() / 1000) + timeToLiveDays * SECONDS_PER_DAY;
}
