import * as v from "valibot";

/** What a function's response says of its batch. */
export type Verdict =
  | { kind: "success" }
  /** Everything from this index on is to be retried. */
  | { kind: "partial"; firstFailed: number }
  | { kind: "failure"; reason: string };

const BatchResponse = v.strictObject({
  batchItemFailures: v.nullish(v.array(v.strictObject({ itemIdentifier: v.string() }))),
});

/**
 * Reads a response as Lambda does under ReportBatchItemFailures: nothing reported is success; reported sequence
 * numbers make the lowest the checkpoint; anything that is not understood, or names a record that is not in the
 * batch, is a complete failure.
 * @param sequenceNumbers those of the batch, in order
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
export function readResponse(response: unknown, sequenceNumbers: readonly string[]): Verdict {
  if (isNothing(response)) return { kind: "success" };

  const parsed = v.safeParse(BatchResponse, response);
  if (!parsed.success)
    return { kind: "failure", reason: `the response is not understood: ${parsed.issues[0].message}` };

  const indexes = (parsed.output.batchItemFailures ?? []).map(({ itemIdentifier }) =>
    sequenceNumbers.indexOf(itemIdentifier),
  );
  if (indexes.includes(-1))
    return { kind: "failure", reason: "the response names a record that is not in the batch" };
  return indexes.length === 0 ? { kind: "success" } : { kind: "partial", firstFailed: Math.min(...indexes) };
}

/** The forms of an answer that reports nothing, and so means success. */
function isNothing(response: unknown): boolean {
  if (response === null || response === undefined || response === "") return true;
  if (Array.isArray(response)) return response.length === 0;
  return typeof response === "object" && Object.keys(response).length === 0;
}
