import * as v from "valibot";
import { Base64 } from "./base64";

/** The prefix of the keys that Lambda gives failed batches in the failure bucket. */
export const FAILED_BATCHES_PREFIX = "aws/lambda/";

/** A record of a failed batch. */
export const FailedRecord = v.looseObject({
  /** Shard and sequence number, `shardId-000000000000:4959…` */
  eventID: v.string(),
  kinesis: v.looseObject({
    partitionKey: v.string(),
    data: Base64,
    /** Epoch seconds. */
    approximateArrivalTimestamp: v.number(),
  }),
});

/**
 * A batch whose retries or age ran out, as Lambda writes it to S3. The payload is the event that the function did not
 * process, as a string of JSON.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export const FailedBatch = batchOf(FailedRecord);

export type FailedBatch = v.InferOutput<typeof FailedBatch>;

/** A failed batch whose records are still to be checked, each for itself. */
export const FailedBatchOfAnything = batchOf(v.unknown());

function batchOf<R extends v.GenericSchema>(record: R) {
  return v.looseObject({
    requestContext: v.looseObject({
      /** Why the batch was set aside, such as `RetryAttemptsExhausted`. */
      condition: v.pipe(v.string(), v.nonEmpty("must not be empty")),
    }),
    payload: v.pipe(v.string(), v.parseJson({}, "must be JSON"), v.looseObject({ Records: v.array(record) })),
  });
}
