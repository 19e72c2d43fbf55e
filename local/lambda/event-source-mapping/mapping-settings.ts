import * as v from "valibot";

/** An event source mapping as the stack declares it, in Terraform's names; the defaults are Lambda's own. */
export const EventSourceMappingArguments = v.object({
  event_source_arn: v.string(),
  function_name: v.string(),
  starting_position: v.picklist(["TRIM_HORIZON", "LATEST"]),
  batch_size: v.optional(v.number(), 100),
  maximum_batching_window_in_seconds: v.optional(v.number(), 0),
  parallelization_factor: v.optional(v.number(), 1),
  bisect_batch_on_function_error: v.optional(v.boolean(), false),
  function_response_types: v.optional(v.array(v.string()), []),
  maximum_retry_attempts: v.optional(v.number(), -1),
  maximum_record_age_in_seconds: v.optional(v.number(), -1),
  destination_config: v.optional(v.object({ on_failure: v.object({ destination_arn: v.string() }) })),
});

/**
 * How stream and function are connected.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
 */
export interface EventSourceMappingSettings {
  uuid: string;
  streamArn: string;
  functionArn: string;
  /** The role whose permissions read the stream and write to the destination. */
  roleArn: string;
  region: string;
  startingPosition: "TRIM_HORIZON" | "LATEST";
  /** The most records in a batch. */
  batchSize: number;
  batchWindowSeconds: number;
  /** Concurrent batches per shard. */
  parallelizationFactor: number;
  bisectBatchOnFunctionError: boolean;
  reportBatchItemFailures: boolean;
  /** -1: no limit. */
  maximumRetryAttempts: number;
  /** -1: until the record expires on the stream. */
  maximumRecordAgeSeconds: number;
  /** The bucket of the on-failure destination. */
  destinationBucket?: string;
}

/**
 * Lambda's limit of an invocation's payload.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/**
 * The settings as they hold on a stream: a record that has expired there is as much past its age as one that has
 * passed the mapping's own limit.
 * @param retentionHours how long the stream keeps a record
 */
export function withinRetention(
  settings: EventSourceMappingSettings,
  retentionHours = 24,
): EventSourceMappingSettings {
  const limits = [settings.maximumRecordAgeSeconds, retentionHours * 3600].filter((limit) => limit !== -1);
  return { ...settings, maximumRecordAgeSeconds: Math.min(...limits) };
}
