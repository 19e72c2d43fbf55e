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
  /** The shard iterator of a GetRecords call has expired. */
  "expired-iterator",
  /** S3 answers every call with HTTP 503 for a while. */
  "bucket-unavailable",
  /** A service ends the connection of every call for a while. */
  "emulator-away",
  /** The function's process is killed while it works on a batch. */
  "function-killed",
  /** The function runs into its timeout. */
  "function-timeout",
  /** The event source mapping stops in the middle of a batch, and starts again from its checkpoints. */
  "mapping-restart",
  /** A shard is split, or two are merged, while records are put. */
  "resharding",
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** Something for each kind of fault. */
export type PerFaultKind<T> = Record<FaultKind, T>;

/** Computes something for each kind of fault. */
export function perFaultKind<T>(compute: (kind: FaultKind) => T): PerFaultKind<T> {
  return Object.fromEntries(FAULT_KINDS.map((kind) => [kind, compute(kind)])) as PerFaultKind<T>;
}
