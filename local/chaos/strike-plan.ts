import type { Random } from "../../shared/random";
import { FAULT_KINDS, type FaultKind, type PerFaultKind, perFaultKind } from "./fault-kind";

/** How likely each fault is at each opportunity, from 0 to 1. `shard-limit` strikes whenever a limit is exceeded. */
export type FaultRates = Record<Exclude<FaultKind, "shard-limit">, number>;

/** Rates at which a run of a few seconds meets many faults, and still succeeds. */
export const DEFAULT_RATES: FaultRates = {
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
};

/**
 * The last opportunity at which a kind strikes for the first time; the plan draws one up to it. What counts as an
 * opportunity depends on the kind: a request, a call of the kind's action, or an invocation. Small, because a short run
 * has few: a run with a single valid record has one BatchWriteItem.
 */
const LATEST_FIRST_STRIKE: PerFaultKind<number> = {
  throttled: 20,
  "partial-failure": 2,
  "unprocessed-items": 1,
  "server-error": 20,
  "connection-reset": 20,
  "slow-answer": 20,
  "lost-response": 20,
  "shard-limit": 2,
  "expired-iterator": 5,
  "bucket-unavailable": 2,
  "emulator-away": 40,
  "function-killed": 2,
  "function-timeout": 2,
  "mapping-restart": 3,
  resharding: 2,
};

export interface StrikePlanOptions {
  random: Random;
  rates?: Partial<FaultRates> | undefined;
  /** Replaces the opportunity, from 1, at which a kind is due; `Infinity`: never, it strikes at random only. */
  firstStrikes?: Partial<PerFaultKind<number>> | undefined;
}

/**
 * Decides when faults strike: at random, and on schedule. A kind that has not struck is due from one of its first
 * opportunities on, until an attempt takes effect.
 */
export class StrikePlan {
  /** How often each kind took effect. */
  readonly strikes: PerFaultKind<number> = perFaultKind(() => 0);
  readonly #random: Random;
  readonly #rates: Partial<PerFaultKind<number>>;
  readonly #firstStrikes: PerFaultKind<number>;
  readonly #opportunities = perFaultKind(() => 0);
  readonly #underWay = perFaultKind(() => 0);

  constructor({ random, rates, firstStrikes }: StrikePlanOptions) {
    this.#random = random;
    this.#rates = { ...DEFAULT_RATES, ...rates };
    this.#firstStrikes = perFaultKind(
      (kind) => firstStrikes?.[kind] ?? 1 + Math.floor(random() * LATEST_FIRST_STRIKE[kind]),
    );
  }

  /** Whether a kind strikes at this opportunity. */
  draws(kind: FaultKind): boolean {
    this.#opportunities[kind] += 1;
    const rate = this.#rates[kind] ?? 0;
    return this.#isDue(kind) || (rate > 0 && this.#random() < rate);
  }

  /** A strike begins. The result is called with whether it took effect; only then does it count. */
  attempt(kind: FaultKind): (tookEffect: boolean) => void {
    this.#underWay[kind] += 1;
    return (tookEffect) => {
      this.#underWay[kind] -= 1;
      if (tookEffect) this.strikes[kind] += 1;
    };
  }

  /** The kinds that have not struck. */
  missing(): FaultKind[] {
    return FAULT_KINDS.filter((kind) => this.strikes[kind] === 0);
  }

  #isDue(kind: FaultKind): boolean {
    const hasStruck = this.strikes[kind] > 0 || this.#underWay[kind] > 0;
    return !hasStruck && this.#opportunities[kind] >= this.#firstStrikes[kind];
  }
}
