import { describe, expect, it } from "@jest/globals";
import { backOff } from "../../../functions/event-processor/backoff";

async function waits(random: number, attempts: number[]): Promise<number[]> {
  const slept: number[] = [];
  const waiting = { random: () => random, sleep: async (ms: number) => void slept.push(ms) };
  for (const attempt of attempts) await backOff(attempt, new AbortController().signal, waiting);
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
