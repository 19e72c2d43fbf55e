import { describe, expect, it } from "@jest/globals";
import { FAULT_KINDS, type FaultKind } from "../../../local/chaos/fault-kind";
import { DEFAULT_RATES, StrikePlan } from "../../../local/chaos/strike-plan";
import { NEVER } from "../../support/chaos";

/** A plan with these random numbers, of which the last repeats. */
function planWith(numbers: number[], options: Partial<ConstructorParameters<typeof StrikePlan>[0]> = {}) {
  const left = [...numbers];
  const random = () => (left.length > 1 ? left.shift() : left[0]) ?? 0.5;
  return new StrikePlan({ random, ...NEVER, ...options });
}

/** At which of its opportunities, from 1, a kind strikes, when each strike takes effect at once. */
function strikesAt(plan: StrikePlan, kind: FaultKind, opportunities: number): number[] {
  return Array.from({ length: opportunities }, (_, index) => index + 1).filter(() => {
    const isStruck = plan.draws(kind);
    if (isStruck) plan.attempt(kind)(true);
    return isStruck;
  });
}

describe("A kind of fault", () => {
  it("strikes at random, at its rate", () => {
    const plan = planWith([0.1, 0.3, 0.29, 0.9], { rates: { throttled: 0.3 } });
    expect(strikesAt(plan, "throttled", 4)).toEqual([1, 3]);
    expect(plan.strikes.throttled).toBe(2);
  });

  it("strikes for certain at the opportunity at which it is due, once", () => {
    const plan = planWith([0.99], { firstStrikes: { ...NEVER.firstStrikes, resharding: 3 } });
    expect(strikesAt(plan, "resharding", 10)).toEqual([3]);
    expect(strikesAt(plan, "throttled", 10)).toEqual([]);
  });

  it("is due no longer once it has struck at random", () => {
    const plan = planWith([0.1, 0.9], {
      rates: { "slow-answer": 0.2 },
      firstStrikes: { ...NEVER.firstStrikes, "slow-answer": 2 },
    });
    expect(strikesAt(plan, "slow-answer", 5)).toEqual([1]);
  });

  it("stays due until an attempt takes effect, and does not count before", () => {
    const plan = planWith([0.9], { firstStrikes: { ...NEVER.firstStrikes, "function-killed": 1 } });
    expect(plan.draws("function-killed")).toBe(true);
    plan.attempt("function-killed")(false);
    expect([plan.draws("function-killed"), plan.strikes["function-killed"]]).toEqual([true, 0]);
    plan.attempt("function-killed")(true);
    expect([plan.draws("function-killed"), plan.strikes["function-killed"]]).toEqual([false, 1]);
  });

  it("is not tried twice at the same time", () => {
    const plan = planWith([0.9], { firstStrikes: { ...NEVER.firstStrikes, "lost-response": 1 } });
    const onDone = plan.attempt("lost-response");
    expect(plan.draws("lost-response")).toBe(false);
    onDone(false);
    expect(plan.draws("lost-response")).toBe(true);
  });

  it("is missing until it has struck", () => {
    const plan = planWith([0.9]);
    expect(plan.missing()).toEqual([...FAULT_KINDS]);
    for (const kind of FAULT_KINDS) if (kind !== "resharding") plan.attempt(kind)(true);
    plan.attempt("resharding")(false);
    expect(plan.missing()).toEqual(["resharding"]);
  });
});

describe("The schedule", () => {
  const due = (random: number) =>
    FAULT_KINDS.map((kind) => {
      // The schedule is drawn from the given number; at later draws, nothing strikes at random.
      let draws = 0;
      const plan = new StrikePlan({ random: () => (draws++ < FAULT_KINDS.length ? random : 1) });
      return [kind, strikesAt(plan, kind, 1000)];
    });

  it("has every kind at its first opportunity at the earliest", () => {
    expect(due(0)).toEqual(FAULT_KINDS.map((kind) => [kind, [1]]));
  });

  it("has every kind within few opportunities, so that a short run meets them all", () => {
    expect(Object.fromEntries(due(0.999))).toEqual({
      throttled: [20],
      "partial-failure": [2],
      "unprocessed-items": [1],
      "server-error": [20],
      "connection-reset": [20],
      "slow-answer": [20],
      "lost-response": [20],
      "shard-limit": [2],
      "expired-iterator": [5],
      "bucket-unavailable": [2],
      "emulator-away": [40],
      "function-killed": [2],
      "function-timeout": [2],
      "mapping-restart": [3],
      resharding: [2],
    });
  });

  it("comes on top of the default rates", () => {
    expect(DEFAULT_RATES).toEqual({
      throttled: 0.02,
      "partial-failure": 0.2,
      "unprocessed-items": 0.1,
      "server-error": 0.02,
      "connection-reset": 0.02,
      "slow-answer": 0.02,
      "lost-response": 0.02,
      "expired-iterator": 0.01,
      "bucket-unavailable": 0.02,
      "emulator-away": 0.0005,
      "function-killed": 0.05,
      "function-timeout": 0.02,
      "mapping-restart": 0.002,
      resharding: 0.002,
    });
    const firstStrikes = NEVER.firstStrikes;
    const plan = new StrikePlan({ random: () => 0.1, firstStrikes });
    expect(FAULT_KINDS.filter((kind) => plan.draws(kind))).toEqual(["partial-failure"]);
  });
});
