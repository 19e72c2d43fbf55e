import * as v from "valibot";
import type { Random } from "../../shared/random";
import type { Effect } from "../gateway/fault";

/** Decides which parts of a request fail. */
export type Failing = (parts: readonly unknown[]) => readonly boolean[];

/** A random choice: one part for certain, and about half of the others. */
export function someOf(random: Random): Failing {
  return (parts) => {
    const certain = Math.floor(random() * parts.length);
    return parts.map((_, index) => index === certain || random() < 0.5);
  };
}

/** The records of a PutRecords call; none if the body is not that of a PutRecords call. */
export function recordsOf(body: Buffer): readonly unknown[] {
  const input = v.safeParse(PutRecordsBody, body.toString());
  return input.success ? input.output.Records : [];
}

/**
 * Lets Kinesis take only some of the records of a PutRecords call.
 * @param failing decides, in the request's order, which are not taken
 * @returns undefined if every record is taken, or if the body is not that of a PutRecords call
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
export function failRecords(body: Buffer, failing: Failing): Effect | undefined {
  const input = v.safeParse(PutRecordsBody, body.toString());
  if (!input.success) return undefined;

  const failed = failing(input.output.Records);
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
 * @param failing decides, in the request's order, which are left unprocessed
 * @returns undefined if every item is processed, or if the body is not that of a BatchWriteItem call
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
export function leaveUnprocessed(body: Buffer, failing: Failing): Effect | undefined {
  const input = v.safeParse(BatchWriteBody, body.toString());
  if (!input.success) return undefined;

  const items = Object.entries(input.output.RequestItems).flatMap(([table, items]) =>
    items.map((item) => ({ table, item })),
  );
  const fails = failing(items);
  const unprocessed = byTable(items.filter((_, index) => fails[index]));
  const processed = byTable(items.filter((_, index) => !fails[index]));
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
      return JSON.stringify({ ...output, UnprocessedItems: merged(output.UnprocessedItems, unprocessed) });
    },
  };
}

type ItemsByTable = Record<string, unknown[]>;

function byTable(items: readonly { table: string; item: unknown }[]): ItemsByTable {
  const tables: ItemsByTable = {};
  for (const { table, item } of items) tables[table] = [...(tables[table] ?? []), item];
  return tables;
}

function merged(some: ItemsByTable, others: ItemsByTable): ItemsByTable {
  const entries = [...Object.entries(some), ...Object.entries(others)];
  return byTable(entries.flatMap(([table, items]) => items.map((item) => ({ table, item }))));
}

const PutRecordsBody = v.pipe(v.string(), v.parseJson(), v.looseObject({ Records: v.array(v.unknown()) }));
const PutRecordsOutput = v.looseObject({
  Records: v.array(v.unknown()),
  FailedRecordCount: v.optional(v.number(), 0),
});

/** What Kinesis answers for a record that it did not take. */
const THROTTLED_RECORD = {
  ErrorCode: "ProvisionedThroughputExceededException",
  ErrorMessage: "Rate exceeded for shard in stream under account.",
};

const Items = v.record(v.string(), v.array(v.unknown()));
const BatchWriteBody = v.pipe(v.string(), v.parseJson(), v.looseObject({ RequestItems: Items }));
const BatchWriteOutput = v.looseObject({ UnprocessedItems: v.optional(Items, {}) });
