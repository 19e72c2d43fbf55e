import type { AwsErrorResponse } from "./aws-error";

/** Every kind of fault that can be injected. */
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
  /** The answer takes its time. */
  "slow-answer",
  /** The request is carried out, but its answer never arrives. */
  "lost-response",
  /** A shard takes no more than 1,000 records or 1 MB a second. */
  "shard-limit",
  /** S3 is out of order for a while. */
  "bucket-unavailable",
  /** The function's processes are killed while they work on a batch. */
  "function-killed",
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** What happens to a request instead of, or beside, being carried out. */
export type Fault =
  /** It is answered with an error. */
  | { effect: "refuse"; response: AwsErrorResponse }
  /** It is carried out, after a delay in milliseconds. */
  | { effect: "delay"; milliseconds: number }
  /** The connection ends before it is carried out, or before it is answered. */
  | { effect: "disconnect"; carriedOut: boolean }
  /** A part of it is carried out, and the answer says of the rest that it failed. */
  | { effect: "reduce"; body: Buffer; complete: (answer: string) => string };
