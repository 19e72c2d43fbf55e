import { describe, expect, it } from "@jest/globals";
import { backOff, backoffMs, exponentialMs } from "../../shared/backoff";

async function waits(random: number, attempts: number[]): Promise<number[]> {
  const slept: number[] = [];
  const clock = { now: Date.now, sleep: async (ms: number) => void slept.push(ms) };
  for (const attempt of attempts)
    await backOff(attempt, new AbortController().signal, { random: () => random, clock });
  return slept;
}

describe("backOff", () => {
  it("doubles the longest wait with each attempt, up to five seconds", async () => {
    expect(await waits(1, [1, 2, 3, 7, 8, 100, 2000])).toEqual([50, 100, 200, 3200, 5000, 5000, 5000]);
  });

  it("waits a random part of it, none at the least", async () => {
    expect(await waits(0.5, [1, 3])).toEqual([25, 100]);
    expect(await waits(0, [1, 100])).toEqual([0, 0]);
  });

  it("ends at once when the time is up", async () => {
    const timeUp = new AbortController();
    const waited = backOff(100, timeUp.signal);
    timeUp.abort();

    await expect(waited).resolves.toBeUndefined();
    await expect(backOff(100, timeUp.signal)).resolves.toBeUndefined();
  });
});

describe("a schedule of its own", () => {
  const schedule = { firstMs: 1_000, longestMs: 30_000 };

  it("sets the first and the longest delay", () => {
    const attempts = [1, 2, 5, 6, 1_100];
    expect(attempts.map((attempt) => exponentialMs(attempt, schedule))).toEqual([
      1_000, 2_000, 16_000, 30_000, 30_000,
    ]);
    expect(attempts.map((attempt) => backoffMs(attempt, () => 0.25, schedule))).toEqual([
      250, 500, 4_000, 7_500, 7_500,
    ]);
  });
});
