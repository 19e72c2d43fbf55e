import { describe, expect, it } from "@jest/globals";
import { type Entry, RecordQueue } from "../../kinesis-writer/record-queue";
import type { StreamRecord } from "../../kinesis-writer/stream-record";

const limits = (records: number, bytes: number) => ({ calls: 1, records, bytes });

/** An entry of so many bytes, two of which are its partition key, é. */
function entry(bytes: number): Entry<StreamRecord> {
  return { record: { partitionKey: "é", data: Buffer.alloc(bytes - 2) }, since: 0 };
}

function queueOf(...sizes: number[]) {
  const queue = new RecordQueue<StreamRecord>();
  for (const size of sizes) queue.add(entry(size));
  return queue;
}

function sizes(entries: readonly Entry<StreamRecord>[]): number[] {
  return entries.map(({ record }) => record.data.byteLength + 2);
}

describe("a queue of records", () => {
  it("fills a call by its number of records, or by its bytes with partition keys", () => {
    expect(queueOf().fillsCall(limits(1, 1))).toBe(false);
    expect(queueOf(10, 10).fillsCall(limits(3, 21))).toBe(false);
    expect(queueOf(10, 10).fillsCall(limits(2, 21))).toBe(true);
    expect(queueOf(10, 10).fillsCall(limits(3, 20))).toBe(true);
  });

  it("gives a call what it may carry, in order, and keeps the rest", () => {
    const queue = queueOf(10, 11, 12, 13, 14);
    expect(sizes(queue.takeCall(limits(2, 100)))).toEqual([10, 11]);
    expect(queue.isEmpty).toBe(false);
    expect(sizes(queue.takeCall(limits(9, 25)))).toEqual([12, 13]);
    expect(queue.fillsCall(limits(9, 14))).toBe(true);
    expect(queue.fillsCall(limits(9, 15))).toBe(false);
    expect(sizes(queue.takeCall(limits(9, 100)))).toEqual([14]);
    expect(queue.isEmpty).toBe(true);
    expect(queue.fillsCall(limits(1, 1))).toBe(false);
  });

  it("gives a call one record even if that alone is too large", () => {
    expect(sizes(queueOf(10, 10).takeCall(limits(1, 5)))).toEqual([10]);
  });

  it("gives nothing when it is empty", () => {
    expect(queueOf().takeCall(limits(1, 1))).toEqual([]);
  });

  it("sends first what is put back", () => {
    const queue = queueOf(10, 11, 12);
    const taken = queue.takeCall(limits(2, 100));
    queue.putBack(taken);
    expect(queue.fillsCall(limits(9, 33))).toBe(true);
    expect(queue.fillsCall(limits(9, 34))).toBe(false);
    expect(sizes(queue.takeCall(limits(9, 100)))).toEqual([10, 11, 12]);
  });
});
