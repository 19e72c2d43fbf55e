/** How many calls may be under way at once, and how much each may carry. */
export interface CallLimits {
  readonly calls: number;
  readonly records: number;
  readonly bytes: number;
}

/** After a time-out: calls that share a slow link slow each other down, so one at a time, and half as large. */
export function afterTimeout({ records }: CallLimits, most: CallLimits): CallLimits {
  return sized(1, Math.ceil(records / 2), most);
}

/** After an answer: calls grow by a tenth until they carry the most they may, and then in number. */
export function afterAnswer(limits: CallLimits, most: CallLimits): CallLimits {
  const { calls, records } = limits;
  if (records < most.records)
    return sized(calls, Math.min(most.records, Math.ceil((records * 11) / 10)), most);
  return calls < most.calls ? sized(calls + 1, records, most) : limits;
}

function sized(calls: number, records: number, most: CallLimits): CallLimits {
  return { calls, records, bytes: (records * most.bytes) / most.records };
}
