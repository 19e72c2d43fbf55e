/** How many calls may be under way at once, and how much each may carry. */
export interface CallLimits {
  readonly calls: number;
  readonly records: number;
  /** The records' data and partition keys. */
  readonly bytes: number;
}

/** The limits of a link that has not been slow yet. */
export function fullCalls(calls: number): CallLimits {
  return sized(calls, MOST_RECORDS);
}

/** After a time-out: calls that share a slow link slow each other down, so one at a time, and half as large. */
export function afterTimeout({ records }: CallLimits): CallLimits {
  return sized(1, Math.ceil(records / 2));
}

/** After an answer: calls grow by a tenth until they are full, and then in number up to `mostCalls`. */
export function afterAnswer(limits: CallLimits, mostCalls: number): CallLimits {
  const { calls, records } = limits;
  if (records < MOST_RECORDS) return sized(calls, Math.min(MOST_RECORDS, Math.ceil((records * 11) / 10)));
  return calls < mostCalls ? sized(calls + 1, records) : limits;
}

/**
 * What a PutRecords call may carry. Every stream takes this much; newer ones take calls of 10 MiB.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
const MOST_RECORDS = 500;
const MOST_BYTES = 5 * 1024 * 1024;

function sized(calls: number, records: number): CallLimits {
  return { calls, records, bytes: (records * MOST_BYTES) / MOST_RECORDS };
}
