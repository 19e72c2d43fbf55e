import { describe, expect, it } from "@jest/globals";
import { untilStruck } from "../../../../local/commands/under-chaos/until-struck";
import { VirtualClock } from "../../../support/virtual-clock";

/** Waits for chaos in virtual time. `kinds` has what has not struck yet. */
function waiting(kinds: string[]) {
  const clock = new VirtualClock();
  const end = new AbortController();
  let result: readonly string[] | undefined;
  void untilStruck({ missing: () => [...kinds] }, end.signal, clock).then((missing) => {
    result = missing;
  });
  return { clock, end, result: () => result };
}

describe("A run under chaos", () => {
  it("waits until the last kind has struck", async () => {
    const kinds = ["throttled", "resharding"];
    const { clock, result } = waiting(kinds);
    await clock.advance(29_000);
    kinds.pop();
    await clock.advance(500);
    expect(result()).toBeUndefined();
    kinds.pop();
    await clock.advance(100);
    expect(result()).toEqual([]);
  });

  it("does not wait if every kind has struck", async () => {
    const { clock, result } = waiting([]);
    await clock.advance(0);
    expect([result(), clock.slept]).toEqual([[], []]);
  });

  it("gives up after half a minute, and names what has not struck", async () => {
    const { clock, result } = waiting(["resharding"]);
    await clock.advance(29_900);
    expect(result()).toBeUndefined();
    await clock.advance(100);
    expect(result()).toEqual(["resharding"]);
  });

  it("gives up when it is stopped", async () => {
    const { clock, end, result } = waiting(["resharding"]);
    await clock.advance(50);
    end.abort();
    await clock.advance(0);
    expect(result()).toEqual(["resharding"]);
  });
});
