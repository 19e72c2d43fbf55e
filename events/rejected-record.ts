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

/** What the keys of rejected records begin with in the failure bucket; Lambda's own objects begin with `aws/lambda/`. */
export const REJECTED_RECORDS_PREFIX = "rejected/";

/**
 * A record that was set aside, with all it takes to put it back on the stream: one line of the NDJSON objects in the
 * failure bucket. A batch's rejected records are one object,
 * `rejected/<shardId>/YYYY/MM/DD/<first sequence number>-<last sequence number>.ndjson`, the date being that of the
 * first record's arrival.
 *
 * Records are set aside at least once: a batch that is cut short and processed again, split in another way, may set a
 * record aside a second time. `shardId`, `sequenceNumber` and `subSequenceNumber` tell one record from another.
 */
export const RejectedRecord = v.object({
  /** A `RejectionReason`, or one that an earlier version of the event processor gave. */
  reason: v.pipe(v.string(), v.nonEmpty("must not be empty")),
  /** The rule that was broken, in words, without the post's text. */
  detail: v.string(),
  streamArn: v.string(),
  shardId: v.string(),
  sequenceNumber: v.string(),
  /** The position within a record that the Kinesis Producer Library aggregated; absent from any other record. */
  subSequenceNumber: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  partitionKey: v.string(),
  /** When Kinesis received the record, ISO 8601 in UTC. */
  approximateArrivalTimestamp: v.pipe(v.string(), v.isoTimestamp("must be an ISO 8601 time")),
  /** The bytes of the record, or of its one user record, as Base64. */
  data: Base64,
  /** The version of the event processor that rejected the record. */
  processorVersion: v.string(),
});

export type RejectedRecord = v.InferOutput<typeof RejectedRecord>;
