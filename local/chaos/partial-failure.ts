import * as v from "valibot";
import type { Fault } from "../gateway/fault";

/**
 * Lets Kinesis take only some of the records of a PutRecords call.
 * @param fails decides, record by record in the request's order, which are not taken
 * @returns undefined if every record is taken, or if the body is not that of a PutRecords call
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
export function failRecords(body: Buffer, fails: (record: unknown) => boolean): Fault | undefined {
  const input = v.safeParse(v.pipe(v.string(), v.parseJson(), PutRecordsInput), body.toString());
  if (!input.success) return undefined;

  const failed = input.output.Records.map(fails);
  const taken = input.output.Records.filter((_, index) => !failed[index]);
  if (taken.length === failed.length) return undefined;
  if (taken.length === 0) {
    const answer = JSON.stringify({
      FailedRecordCount: failed.length,
      Records: failed.map(() => THROTTLED_RECORD),
    });
    return {
      effect: "answer",
      response: { status: 200, contentType: "application/x-amz-json-1.1", body: answer },
    };
  }
  return {
    effect: "reduce",
    body: Buffer.from(JSON.stringify({ ...input.output, Records: taken })),
    complete: (answer) => {
      const output = v.parse(PutRecordsOutput, JSON.parse(answer));
      const results = output.Records.values();
      const Records = failed.map((isFailed) => (isFailed ? THROTTLED_RECORD : results.next().value));
      const FailedRecordCount = output.FailedRecordCount + failed.length - taken.length;
      return JSON.stringify({ ...output, FailedRecordCount, Records });
    },
  };
}

/**
 * Lets DynamoDB process only some of the items of a BatchWriteItem call.
 * @param fails decides, item by item, which are left unprocessed
 * @returns undefined if every item is processed, or if the body is not that of a BatchWriteItem call
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
export function leaveUnprocessed(body: Buffer, fails: (item: unknown) => boolean): Fault | undefined {
  const input = v.safeParse(v.pipe(v.string(), v.parseJson(), BatchWriteInput), body.toString());
  if (!input.success) return undefined;

  const processed: Record<string, unknown[]> = {};
  const unprocessed: Record<string, unknown[]> = {};
  for (const [table, items] of Object.entries(input.output.RequestItems)) {
    for (const item of items) {
      const side = fails(item) ? unprocessed : processed;
      side[table] = [...(side[table] ?? []), item];
    }
  }
  if (Object.keys(unprocessed).length === 0) return undefined;
  if (Object.keys(processed).length === 0) {
    const answer = JSON.stringify({ UnprocessedItems: unprocessed });
    return {
      effect: "answer",
      response: { status: 200, contentType: "application/x-amz-json-1.0", body: answer },
    };
  }
  return {
    effect: "reduce",
    body: Buffer.from(JSON.stringify({ ...input.output, RequestItems: processed })),
    complete: (answer) => {
      const output = v.parse(BatchWriteOutput, JSON.parse(answer));
      return JSON.stringify({ ...output, UnprocessedItems: { ...output.UnprocessedItems, ...unprocessed } });
    },
  };
}

const PutRecordsInput = v.looseObject({ Records: v.array(v.unknown()) });
const PutRecordsOutput = v.looseObject({
  Records: v.array(v.unknown()),
  FailedRecordCount: v.optional(v.number(), 0),
});

/** What Kinesis answers for a record that it did not take. */
const THROTTLED_RECORD = {
  ErrorCode: "ProvisionedThroughputExceededException",
  ErrorMessage: "Rate exceeded for shard in stream under account.",
};

const BatchWriteInput = v.looseObject({ RequestItems: v.record(v.string(), v.array(v.unknown())) });
const BatchWriteOutput = v.looseObject({
  UnprocessedItems: v.optional(v.record(v.string(), v.array(v.unknown())), {}),
});
