import { describe, expect, it } from "@jest/globals";
import { CallQueue } from "../../shared/call-queue";

const limits = (records: number, bytes: number) => ({ calls: 1, records, bytes });

function queueOf(...sizes: number[]) {
  const queue = new CallQueue<{ bytes: number }>();
  for (const bytes of sizes) queue.add({ bytes });
  return queue;
}

function sizes(entries: readonly { bytes: number }[]): number[] {
  return entries.map(({ bytes }) => bytes);
}

describe("a queue for calls", () => {
  it("fills a call by the number of its entries, or by their bytes", () => {
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

  it("gives a call one entry even if that alone is too large", () => {
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
