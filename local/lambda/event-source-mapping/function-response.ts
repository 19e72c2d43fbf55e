import * as v from "valibot";

/** What a function's response says of its batch. */
export type Verdict =
  | { kind: "success" }
  /** Everything from this index on is to be retried. */
  | { kind: "partial"; firstFailed: number }
  | { kind: "failure"; reason: string };

const BatchResponse = v.object({
  batchItemFailures: v.nullish(v.array(v.object({ itemIdentifier: v.string() }))),
});

/**
 * Reads a response as Lambda does under ReportBatchItemFailures: nothing reported is success; of reported sequence
 * numbers the lowest is the checkpoint; an item without a sequence number of the batch is a complete failure.
 * @param sequenceNumbers those of the batch, in order
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

/** Responses that report nothing, beside an object without failures. */
function isEmpty(response: unknown): boolean {
  if (Array.isArray(response)) return response.length === 0;
  return response === null || response === undefined || response === "";
}
