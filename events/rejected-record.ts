import * as v from "valibot";
import { Base64 } from "./base64";
import type { InvalidReason } from "./parse-event";

/**
 * Why the event processor rejects a record.
 *
 * - `invalid-utf8`, `invalid-json`, `invalid-event`: its data is not an event.
 * - `item-too-large`: the event's item, or one of its keys, is over DynamoDB's limit.
 * - `invalid-item`: DynamoDB called the item invalid.
 */
export type RejectionReason = InvalidReason | "item-too-large" | "invalid-item";

/** The prefix of the keys of rejected records in the failure bucket. */
export const REJECTED_RECORDS_PREFIX = "rejected/";

/**
 * A rejected record, with everything needed to put it back on the stream: one line of an NDJSON object in the failure
 * bucket. A batch's rejected records are one object or several,
 * `rejected/<shardId>/YYYY/MM/DD/<first sequence number>-<last sequence number>.ndjson`; the date is that of the first
 * record's arrival, in UTC.
 *
 * Records are set aside at least once: a batch that is cut short, and processed again in other parts, may set a record
 * aside a second time. `shardId`, `sequenceNumber` and `subSequenceNumber` together identify a record.
 */
export const RejectedRecord = v.object({
  /** A `RejectionReason`, or one that an earlier version of the event processor gave. */
  reason: v.pipe(v.string(), v.nonEmpty("must not be empty")),
  /** The rule that was broken, in words, without the post's text. */
  detail: v.string(),
  streamArn: v.string(),
  shardId: v.string(),
  sequenceNumber: v.string(),
  /** The position within an aggregate of the Kinesis Producer Library, from 0; absent from a Kinesis record. */
  subSequenceNumber: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  partitionKey: v.string(),
  /** When Kinesis received the record, ISO 8601 in UTC. */
  approximateArrivalTimestamp: v.pipe(v.string(), v.isoTimestamp("must be an ISO 8601 time")),
  /** The bytes of the record, or of the one user record in an aggregate, as Base64. */
  data: Base64,
  /** The version of the event processor that rejected the record. */
  processorVersion: v.string(),
});

export type RejectedRecord = v.InferOutput<typeof RejectedRecord>;
