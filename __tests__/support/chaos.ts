import { Chaos } from "../../local/chaos/chaos";
import { type PerFaultKind, perFaultKind } from "../../local/chaos/fault-kind";
import type { FaultRates } from "../../local/chaos/strike-plan";
import { type Clock, systemClock } from "../../shared/clock";
import { type Random, seededRandom } from "../../shared/random";

/** No fault, neither at random nor on schedule. */
export const NEVER = {
  rates: perFaultKind(() => 0) as FaultRates,
  firstStrikes: perFaultKind(() => Number.POSITIVE_INFINITY),
};

export interface QuietChaosOptions {
  random?: Random;
  clock?: Clock;
  rates?: Partial<FaultRates>;
  firstStrikes?: Partial<PerFaultKind<number>>;
}

/** Chaos where only the named faults strike: at random at these rates, or first at these opportunities. */
export function quietChaos({
  random = seededRandom(7),
  clock = systemClock,
  rates,
  firstStrikes,
}: QuietChaosOptions): Chaos {
  return new Chaos({
    random,
    clock,
    rates: { ...NEVER.rates, ...rates },
    firstStrikes: { ...NEVER.firstStrikes, ...firstStrikes },
  });
}
