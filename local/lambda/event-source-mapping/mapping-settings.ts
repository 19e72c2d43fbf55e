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
  /** -1: until the record expires on the stream. */
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
 * Limits the age of records to the stream's retention: an expired record is too old under any settings.
 * @param retentionHours how long the stream keeps a record
 */
export function withinRetention(
  settings: EventSourceMappingSettings,
  retentionHours = 24,
): EventSourceMappingSettings {
  const limits = [settings.maximumRecordAgeSeconds, retentionHours * 3600].filter((limit) => limit !== -1);
  return { ...settings, maximumRecordAgeSeconds: Math.min(...limits) };
}
