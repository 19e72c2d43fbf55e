/**
 * The settings of an event source mapping.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
 */
export interface EventSourceMappingSettings {
  uuid: string;
  streamArn: string;
  functionArn: string;
  /** The role whose permissions the mapping has on the stream and the destination. */
  roleArn: string;
  region: string;
  startingPosition: "TRIM_HORIZON" | "LATEST";
  /** The largest number of records in a batch. */
  batchSize: number;
  batchWindowSeconds: number;
  /** The largest number of concurrent batches of a shard. */
  parallelizationFactor: number;
  bisectBatchOnFunctionError: boolean;
  reportBatchItemFailures: boolean;
  /** -1: no limit. */
  maximumRetryAttempts: number;
  /** -1: no limit. */
  maximumRecordAgeSeconds: number;
  /** The bucket of the on-failure destination. */
  destinationBucket?: string;
}

/**
 * Lambda's limit for the payload of an invocation.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/**
 * The age at which a record is set aside, in seconds. Without MaximumRecordAgeInSeconds, Lambda discards no record that
 * it has read; but a failed one is retried only until it expires on the stream, whatever the settings.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
 * @param hasFailed whether the function has failed with the record
 */
export function ageLimitSeconds(
  { maximumRecordAgeSeconds }: Pick<EventSourceMappingSettings, "maximumRecordAgeSeconds">,
  retentionSeconds: number,
  hasFailed: boolean,
): number {
  const limit = maximumRecordAgeSeconds === -1 ? Number.POSITIVE_INFINITY : maximumRecordAgeSeconds;
  return hasFailed ? Math.min(limit, retentionSeconds) : limit;
}
