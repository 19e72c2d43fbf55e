import { describe, expect, it } from "@jest/globals";
import { pace } from "../../producer/pace";
import type { Clock } from "../../shared/clock";

/** A clock that moves only when somebody waits, or when a test sets it. */
function madeUpClock(): Clock & { time: number } {
  const clock = {
    time: 0,
    now: () => clock.time,
    sleep: async (ms: number) => {
      clock.time += ms;
    },
  };
  return clock;
}

const running = new AbortController().signal;
const all = () => true;

async function* numbers(onAsk: (n: number) => void = () => {}) {
  for (let n = 0; ; n++) {
    onAsk(n);
    yield n;
  }
}

describe("pace", () => {
  it("asks for an item when it is due", async () => {
    const clock = madeUpClock();
    const asked: number[] = [];
    const source = numbers(() => asked.push(clock.time));
    for await (const n of pace(source, 4, all, running, clock)) if (n === 4) break;
    expect(asked).toEqual([0, 250, 500, 750, 1000]);
  });

  it("makes up for time that the reader took, but not for more than a second", async () => {
    const clock = madeUpClock();
    const asked: number[] = [];
    const source = numbers(() => asked.push(clock.time));
    for await (const n of pace(source, 2, all, running, clock)) {
      if (n === 0) clock.time += 10_000;
      if (n === 5) break;
    }
    expect(asked).toEqual([0, 10_000, 10_000, 10_000, 10_500, 11_000]);
  });

  it("takes no time for items that do not count", async () => {
    const clock = madeUpClock();
    const asked: number[] = [];
    const source = numbers(() => asked.push(clock.time));
    for await (const n of pace(source, 4, (n) => n % 3 === 0, running, clock)) if (n === 6) break;
    expect(asked).toEqual([0, 250, 250, 250, 500, 500, 500]);
  });

  it("ends with its source", async () => {
    async function* two() {
      yield 1;
      yield 2;
    }
    const taken: number[] = [];
    for await (const n of pace(two(), 1, all, running, madeUpClock())) taken.push(n);
    expect(taken).toEqual([1, 2]);
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
    const clock = { now: () => 0, sleep: async () => stop.abort() };
    const taken: number[] = [];
    for await (const n of pace(source(), 1, all, stop.signal, clock)) taken.push(n);
    expect(taken).toEqual([0]);
    expect(released).toBe(true);
  });
});

describe("a clock that is set back", () => {
  const HOUR_MS = 3_600_000;

  it("while an item is handled delays the next one by no more than an interval", async () => {
    const clock = madeUpClock();
    const asked: number[] = [];
    const source = numbers(() => asked.push(clock.time));
    for await (const n of pace(source, 4, all, running, clock)) {
      if (n === 1) clock.time -= HOUR_MS;
      if (n === 3) break;
    }
    expect(asked).toEqual([0, 250, 500 - HOUR_MS, 750 - HOUR_MS]);
  });

  it("during a wait makes it longer by no more than an interval", async () => {
    const clock = madeUpClock();
    let waits = 0;
    const sleep = async (ms: number) => {
      clock.time += ++waits === 1 ? -HOUR_MS : ms;
    };
    const asked: number[] = [];
    const source = numbers(() => asked.push(clock.time));
    const paced = pace(source, 4, all, running, { now: clock.now, sleep });
    for await (const n of paced) if (n === 2) break;
    expect(asked).toEqual([0, 250 - HOUR_MS, 500 - HOUR_MS]);
  });
});
