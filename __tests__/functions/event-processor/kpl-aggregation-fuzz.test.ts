import { describe, expect, it } from "@jest/globals";
import { deaggregateSync } from "aws-kinesis-agg";
import fc from "fast-check";
import { disaggregate } from "../../../events/kpl-aggregation";
import { decodeRecord } from "../../../functions/event-processor/record-decoder";
import { kinesisRecord } from "../../support/kinesis-event";
import { aggregateRecords, frame } from "../../support/kpl";

const partitionKey = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const userRecords = fc.array(
  fc.record({ partitionKey, data: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) }),
  { minLength: 1, maxLength: 20 },
);

/** Where bytes are removed and inserted, from 0 at the beginning to 1 at the end. */
const changes = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.nat(4),
    inserted: fc.uint8Array({ maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 3 },
);

function mutate(
  records: { partitionKey: string; data: Buffer }[],
  changes: { at: number; removed: number; inserted: Uint8Array }[],
): Buffer {
  const message = [...aggregateRecords(records).subarray(4, -16)];
  for (const { at, removed, inserted } of changes)
    message.splice(Math.floor(at * message.length), removed, ...inserted);
  return frame(Buffer.from(message));
}

const ours = (data: Uint8Array) => {
  const records = disaggregate(data);
  return records && [...records].map(({ partitionKey, data }) => ({ partitionKey, data: Buffer.from(data) }));
};

/** What Amazon's own library takes out of an aggregate. */
function theirs(data: Buffer): { partitionKey: string; data: Buffer }[] {
  let taken: { partitionKey: string; data: Buffer }[] = [];
  deaggregateSync(kinesisRecord(data).kinesis, true, (error, records) => {
    if (error) throw error;
    taken = (records ?? []).map(({ partitionKey, data }) => ({
      partitionKey,
      data: Buffer.from(data, "base64"),
    }));
  });
  return taken;
}

/** Whatever the data is: nothing is thrown, and what comes of it is bounded. */
function expectBounded(data: Buffer): void {
  const records = ours(data);
  const bytes = (records ?? []).reduce((total, record) => total + record.data.length, 0);
  expect(bytes).toBeLessThanOrEqual(data.length);
  expect(records?.length ?? 0).toBeLessThanOrEqual(data.length / 6);

  const { userRecords: count, storable, rejections, skipped } = decodeRecord(kinesisRecord(data), 0);
  expect(count).toBe(records?.length ?? 1);
  const rejected = rejections.reduce((total, rejection) => total + rejection.userRecords, 0);
  expect(storable.length + rejected + skipped).toBe(count);
  const lines = rejections.map(
    ({ record }) => JSON.stringify(Buffer.from(record.data).toString("base64")).length + 500,
  );
  expect(lines.reduce((total, line) => total + line, 0)).toBeLessThanOrEqual(
    4 * (510 + (data.length * 4) / 3),
  );
}

describe("the decoder of aggregates", () => {
  it("takes out what was put in, as Amazon's own library does", () => {
    fc.assert(
      fc.property(userRecords, (records) => {
        const data = aggregateRecords(records);
        expect(ours(data)).toEqual(records);
        expect(theirs(data)).toEqual(records);
      }),
      { numRuns: 200 },
    );
  });

  it("takes arbitrary bytes, framed as an aggregate or not", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expectBounded(Buffer.from(bytes));
        expectBounded(frame(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it("takes every truncation of an aggregate for an ordinary record, unless its checksum is made right again", () => {
    fc.assert(
      fc.property(userRecords, (records) => {
        const data = aggregateRecords(records);
        for (let length = 0; length < data.length; length += 7) {
          expect(disaggregate(data.subarray(0, length))).toBeUndefined();
          expectBounded(frame(data.subarray(4, length)));
        }
      }),
      { numRuns: 20 },
    );
  });

  it("takes a mutated aggregate, whose checksum is made right again", () => {
    fc.assert(
      fc.property(userRecords, changes, (records, changes) => {
        expectBounded(mutate(records, changes));
      }),
      { numRuns: 500 },
    );
  });
});
