import { describe, expect, it } from "@jest/globals";
import { pace } from "../../producer/pace";

/** A clock that moves only when somebody waits, or is told to. */
function madeUpClock() {
  const clock = {
    time: 0,
    now: () => clock.time,
    wait: async (ms: number) => {
      clock.time += ms;
    },
  };
  return clock;
}

const running = new AbortController().signal;

async function* numbers(onAsk: (n: number) => void = () => {}) {
  for (let n = 0; ; n++) {
    onAsk(n);
    yield n;
  }
}

describe("pace", () => {
  it("asks for an item when its time has come", async () => {
    const clock = madeUpClock();
    const asked: number[] = [];
    for await (const n of pace(
      numbers(() => asked.push(clock.time)),
      4,
      running,
      clock,
    ))
      if (n === 4) break;
    expect(asked).toEqual([0, 250, 500, 750, 1000]);
  });

  it("makes up for time that the reader took, but not for more than a second", async () => {
    const clock = madeUpClock();
    const asked: number[] = [];
    for await (const n of pace(
      numbers(() => asked.push(clock.time)),
      2,
      running,
      clock,
    )) {
      if (n === 0) clock.time += 10_000;
      if (n === 5) break;
    }
    expect(asked).toEqual([0, 10_000, 10_000, 10_000, 10_500, 11_000]);
  });

  it("takes no time for items that do not count", async () => {
    const clock = madeUpClock();
    const asked: number[] = [];
    const source = numbers(() => asked.push(clock.time));
    for await (const n of pace(source, 4, running, clock, (n) => n % 3 === 0)) if (n === 6) break;
    expect(asked).toEqual([0, 250, 250, 250, 500, 500, 500]);
  });

  it("ends when it is stopped while it waits, and releases the source", async () => {
    const stop = new AbortController();
    let released = false;
    async function* source() {
      try {
        yield* numbers();
      } finally {
        released = true;
      }
    }
    const clock = { now: () => 0, wait: async () => stop.abort() };
    const taken: number[] = [];
    for await (const n of pace(source(), 1, stop.signal, clock)) taken.push(n);
    expect(taken).toEqual([0]);
    expect(released).toBe(true);
  });

  it("ends with its source", async () => {
    async function* two() {
      yield 1;
      yield 2;
    }
    const taken: number[] = [];
    for await (const n of pace(two(), 1, running, madeUpClock())) taken.push(n);
    expect(taken).toEqual([1, 2]);
  });
});
