import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { LowWatermark } from "../../shared/low-watermark";

describe("a low watermark", () => {
  it("is the last position before which every item is settled", () => {
    const watermark = new LowWatermark<number>(10);
    const [first, second, third] = [11, 12, 13].map((position) => watermark.add(position));
    expect(watermark.position).toBe(10);
    if (second) watermark.settle(second);
    expect(watermark.position).toBe(10);
    if (first) watermark.settle(first);
    expect(watermark.position).toBe(12);
    if (third) watermark.settle(third);
    expect(watermark.position).toBe(13);
  });

  it("is held up by an item without a position, and is never there", () => {
    const watermark = new LowWatermark<number>();
    const unmarked = watermark.add(undefined);
    watermark.settle(watermark.add(2));
    expect(watermark.position).toBeUndefined();
    watermark.settle(unmarked);
    expect(watermark.position).toBe(2);
    watermark.settle(watermark.add(undefined));
    expect(watermark.position).toBe(2);
  });

  it("never passes an item that is not settled, whatever the order", () => {
    const orders = fc.shuffledSubarray(Array.from({ length: 50 }, (_, index) => index));
    fc.assert(
      fc.property(orders, (order) => {
        const watermark = new LowWatermark<number>();
        const items = Array.from({ length: 50 }, (_, index) => watermark.add(index));
        const done = new Set<number>();
        for (const index of order) {
          const item = items[index];
          if (item) watermark.settle(item);
          done.add(index);
          const firstPending = items.findIndex((_, at) => !done.has(at));
          const last = (firstPending === -1 ? items.length : firstPending) - 1;
          expect(watermark.position).toBe(last === -1 ? undefined : last);
        }
      }),
    );
  });

  it("says whether an item that is settled moved it", () => {
    const watermark = new LowWatermark<number>();
    const [first, second] = [watermark.add(1), watermark.add(2)];
    expect(watermark.settle(second)).toBe(false);
    expect(watermark.settle(first)).toBe(true);
    expect(watermark.position).toBe(2);
  });

  it("keeps its position over many items", () => {
    const watermark = new LowWatermark<number>();
    for (let position = 0; position < 10_000; position++) watermark.settle(watermark.add(position));
    const open = watermark.add(10_000);
    watermark.settle(watermark.add(10_001));
    expect(watermark.position).toBe(9_999);
    watermark.settle(open);
    expect(watermark.position).toBe(10_001);
  });
});

describe("items beyond a low watermark", () => {
  it("are weighed, settled or not, and hold up a caller until they weigh less", async () => {
    const watermark = new LowWatermark<number>();
    const first = watermark.add(1, 10);
    watermark.settle(watermark.add(2, 5));
    expect(watermark.weightBeyond).toBe(15);
    await watermark.atMost(15);
    let isLighter = false;
    const waiting = watermark.atMost(14).then(() => {
      isLighter = true;
    });
    await Promise.resolve();
    expect(isLighter).toBe(false);
    watermark.settle(first);
    await waiting;
    expect(watermark.weightBeyond).toBe(0);
  });

  it("hold up no caller once it is stopped, and it stays where it is", async () => {
    const watermark = new LowWatermark<number>(1);
    const lost = watermark.add(2);
    watermark.settle(watermark.add(3));
    expect(watermark.weightBeyond).toBe(2);
    const waiting = watermark.atMost(1);
    watermark.stop();
    await waiting;
    expect(watermark.weightBeyond).toBe(0);
    for (let position = 4; position < 10; position++) watermark.settle(watermark.add(position));
    watermark.settle(lost);
    await watermark.atMost(0);
    expect(watermark.weightBeyond).toBe(0);
    expect(watermark.position).toBe(1);
  });

  it("hold up no caller whose signal is aborted, and still hold up the others", async () => {
    const watermark = new LowWatermark<number>();
    const item = watermark.add(1);
    const ending = new AbortController();
    const order: string[] = [];
    const waits = [
      watermark.atMost(0).then(() => order.push("settled")),
      watermark.atMost(0, ending.signal).then(() => order.push("aborted")),
    ];
    ending.abort();
    await waits[1];
    await watermark.atMost(0, ending.signal);
    expect(order).toEqual(["aborted"]);
    watermark.settle(item);
    await waits[0];
    expect(order).toEqual(["aborted", "settled"]);
  });
});
