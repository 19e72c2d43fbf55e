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
