import type { SetAsideRecord } from "./set-aside-object";

/** Which records of the failure bucket are chosen; what is undefined does not restrict them. */
export interface Criteria {
  /** Records that arrived then or later. */
  since?: Date | undefined;
  /** Records that were set aside for one of these reasons. */
  reason?: readonly string[] | undefined;
  /** At most this many records. */
  limit?: number | undefined;
}

/** Finds the records that meet the criteria, and takes them up to the limit. */
export class Selection {
  /** The reasons of all records that were offered, taken or not. */
  readonly reasonsSeen = new Set<string>();
  /** How many were taken. */
  taken = 0;

  readonly #criteria: Criteria;

  constructor(criteria: Criteria) {
    this.#criteria = criteria;
  }

  /** Whether the limit is reached. */
  get isComplete(): boolean {
    return this.taken === this.#criteria.limit;
  }

  /** Whether an object may hold records that arrived late enough; a record arrives before it is set aside. */
  mayBeIn({ lastModified }: { lastModified: Date }): boolean {
    const { since } = this.#criteria;
    return since === undefined || lastModified.getTime() + CLOCK_TOLERANCE_MS >= since.getTime();
  }

  /** Those of the records that meet the criteria. */
  wanted(records: readonly SetAsideRecord[]): SetAsideRecord[] {
    const { since, reason } = this.#criteria;
    for (const record of records) this.reasonsSeen.add(record.reason);
    return records.filter(
      (record) =>
        (since === undefined || record.arrivedAt >= since.getTime()) &&
        (reason === undefined || reason.includes(record.reason)),
    );
  }

  /** Takes as many of the records as the limit allows, and returns them. */
  take(wanted: readonly SetAsideRecord[]): SetAsideRecord[] {
    const { limit = Number.POSITIVE_INFINITY } = this.#criteria;
    const taken = wanted.slice(0, limit - this.taken);
    this.taken += taken.length;
    return taken;
  }
}

/** How far Kinesis's clock, which times a record's arrival, may be ahead of S3's, which times its object. */
const CLOCK_TOLERANCE_MS = 60_000;
