/** Every kind of fault that chaos injects. */
export const FAULT_KINDS = [
  /** The service throttles the call. */
  "throttled",
  /** PutRecords succeeds, but for some of its records. */
  "partial-failure",
  /** BatchWriteItem succeeds, but for some of its items. */
  "unprocessed-items",
  /** The service answers HTTP 500. */
  "server-error",
  /** The connection ends before the request is carried out. */
  "connection-reset",
  /** The answer comes late. */
  "slow-answer",
  /** The request is carried out, but its answer never arrives. */
  "lost-response",
  /** A shard takes no more than 1,000 records or 1 MB a second. */
  "shard-limit",
  /** S3 answers every call with HTTP 503 for a while. */
  "bucket-unavailable",
  /** The function's process is killed while it works on a batch. */
  "function-killed",
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];
