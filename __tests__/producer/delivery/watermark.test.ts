import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Watermark } from "../../../producer/delivery/watermark";

describe("a watermark", () => {
  it("stands at the last position up to which everything is done with", () => {
    const watermark = new Watermark<number>(10);
    const [first, second, third] = [11, 12, 13].map((position) => watermark.add(position));
    expect(watermark.position).toBe(10);
    if (second) watermark.settle(second);
    expect(watermark.position).toBe(10);
    if (first) watermark.settle(first);
    expect(watermark.position).toBe(12);
    if (third) watermark.settle(third);
    expect(watermark.position).toBe(13);
  });

  it("is held up by an item without a position, and does not stand at it", () => {
    const watermark = new Watermark<number>();
    const unmarked = watermark.add(undefined);
    watermark.settle(watermark.add(2));
    expect(watermark.position).toBeUndefined();
    watermark.settle(unmarked);
    expect(watermark.position).toBe(2);
    watermark.settle(watermark.add(undefined));
    expect(watermark.position).toBe(2);
  });

  it("never passes an item that is not done with, whatever the order", () => {
    const orders = fc.shuffledSubarray(Array.from({ length: 50 }, (_, index) => index));
    fc.assert(
      fc.property(orders, (order) => {
        const watermark = new Watermark<number>();
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

  it("stays where it is once it is stopped, and has room for any number", async () => {
    const watermark = new Watermark<number>(1, 2);
    const lost = watermark.add(2);
    watermark.settle(watermark.add(3));
    const room = watermark.room();
    watermark.stop();
    await room;
    for (let position = 4; position < 10; position++) watermark.settle(watermark.add(position));
    watermark.settle(lost);
    await watermark.room();
    expect(watermark.position).toBe(1);
  });

  it("has room for so many items behind one that is not done with, and for more once it is", async () => {
    const watermark = new Watermark<number>(undefined, 3);
    const first = watermark.add(1);
    watermark.settle(watermark.add(2));
    await watermark.room();
    watermark.settle(watermark.add(3));
    let hasRoom = false;
    const room = watermark.room().then(() => {
      hasRoom = true;
    });
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    watermark.settle(first);
    await room;
  });
});
