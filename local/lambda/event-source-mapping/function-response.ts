import * as v from "valibot";

/** What a function's response says about its batch. */
export type Verdict =
  | { kind: "success" }
  /** The records from this index on are retried. */
  | { kind: "partial"; firstFailed: number }
  | { kind: "failure"; reason: string };

/**
 * Reads a response as Lambda does under ReportBatchItemFailures. If it reports nothing, the batch succeeded. If it
 * reports sequence numbers, retries begin at the lowest. If it reports anything else, the whole batch failed.
 * @param sequenceNumbers of the batch, in order
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
export function readResponse(response: unknown, sequenceNumbers: readonly string[]): Verdict {
  if (isEmpty(response)) return { kind: "success" };
  if (Array.isArray(response)) return { kind: "failure", reason: "it is a list, not an object" };

  const parsed = v.safeParse(BatchResponse, response);
  if (!parsed.success) return { kind: "failure", reason: parsed.issues[0].message };

  const reported = new Set(parsed.output.batchItemFailures?.map(({ itemIdentifier }) => itemIdentifier));
  if (reported.size === 0) return { kind: "success" };
  const known = new Set(sequenceNumbers);
  const unknown = [...reported].find((identifier) => !known.has(identifier));
  if (unknown !== undefined)
    return { kind: "failure", reason: `no record of the batch has the sequence number "${unknown}"` };
  return { kind: "partial", firstFailed: sequenceNumbers.findIndex((number) => reported.has(number)) };
}

const BatchResponse = v.object({
  batchItemFailures: v.nullish(v.array(v.object({ itemIdentifier: v.string() }))),
});

/** Whether a response is empty: Lambda takes that for a success. */
function isEmpty(response: unknown): boolean {
  if (Array.isArray(response)) return response.length === 0;
  return response === null || response === undefined || response === "";
}
