import { describe, expect, it } from "@jest/globals";
import { inParallel } from "../../../operator/redrive/in-parallel";
import { moment, until } from "../../support/moment";

/** Works on each item until the test finishes it; notes what was begun. */
function startWork(items: Iterable<number>, limits: { items: number; weight: number }) {
  const begun: number[] = [];
  const moments = new Map<number, ReturnType<typeof moment>>();
  const failing = new Set<number>();
  async function* source() {
    yield* items;
  }
  const ended = inParallel(source(), { ...limits, weightOf: (item) => item }, async (item) => {
    begun.push(item);
    const done = moment();
    moments.set(item, done);
    await done.reached;
    if (failing.has(item)) throw new Error(`${item} failed`);
  });
  const outcome = ended.then(
    () => "done",
    (error: Error) => error.message,
  );
  const finish = (item: number) => moments.get(item)?.reach();
  const fail = (item: number) => {
    failing.add(item);
    finish(item);
  };
  return { begun, finish, fail, outcome };
}

/** Lets everything happen that can happen now. */
const settle = () => new Promise(setImmediate);

describe("inParallel", () => {
  it("works on as many items at once as it may", async () => {
    const { begun, finish, outcome } = startWork([1, 2, 3], { items: 2, weight: 100 });
    await settle();
    expect(begun).toEqual([1, 2]);
    finish(2);
    await until(() => begun.length === 3);
    finish(1);
    finish(3);
    expect(await outcome).toBe("done");
  });

  it("works on fewer if they are heavy, and alone on one that is heavier than the limit", async () => {
    const { begun, finish, outcome } = startWork([60, 49, 51, 200, 1], { items: 10, weight: 100 });
    await settle();
    expect(begun).toEqual([60]);
    finish(60);
    await settle();
    expect(begun).toEqual([60, 49, 51]);
    finish(49);
    finish(51);
    await settle();
    expect(begun).toEqual([60, 49, 51, 200]);
    finish(200);
    await settle();
    finish(1);
    expect(await outcome).toBe("done");
  });

  it("takes no more after a failure, finishes what is under way, and throws it", async () => {
    const { begun, finish, fail, outcome } = startWork([1, 2, 3, 4], { items: 2, weight: 100 });
    let isSettled = false;
    void outcome.then(() => {
      isSettled = true;
    });
    await settle();
    fail(1);
    await settle();
    expect({ begun, isSettled }).toEqual({ begun: [1, 2], isSettled: false });
    finish(2);
    expect(await outcome).toBe("1 failed");
  });

  it("finishes what is under way when the next item cannot be read", async () => {
    function* broken() {
      yield 1;
      throw new Error("no more");
    }
    const { finish, outcome } = startWork(broken(), { items: 2, weight: 100 });
    let isSettled = false;
    void outcome.then(() => {
      isSettled = true;
    });
    await settle();
    expect(isSettled).toBe(false);
    finish(1);
    expect(await outcome).toBe("no more");
  });
});
