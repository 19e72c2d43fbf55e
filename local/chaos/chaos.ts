import type { Shard } from "@aws-sdk/client-kinesis";
import { type Clock, systemClock } from "../../shared/clock";
import { type Random, seededRandom } from "../../shared/random";
import type { AwsRequest } from "../gateway/aws-request";
import type { Fault } from "../gateway/fault";
import type { FaultKind, PerFaultKind } from "./fault-kind";
import { RequestFaults } from "./request-faults";
import { ShardLimits } from "./shard-limits";
import { StrikePlan, type StrikePlanOptions } from "./strike-plan";

export interface ChaosOptions extends StrikePlanOptions {
  clock: Clock;
}

/** What chaos can do to the local cloud, apart from its requests and invocations. */
export interface Disruptable {
  /** The stream's shards. */
  shards: readonly Shard[];
  /** Splits or merges shards. Resolves with the stream's shards once there are new ones; with undefined if there are none. */
  reshard(): Promise<readonly Shard[] | undefined>;
  /** Whether an event source mapping has a checkpoint to resume from. */
  hasCheckpoint(): boolean;
  /** Stops the event source mappings in the middle of what they do, and starts them again from their checkpoints. */
  restartMappings(): Promise<void>;
}

/** How an invocation ends before the function has answered. */
export interface InvocationFault {
  end: "killed" | "timeout";
  afterMs: number;
  /** Called with whether the invocation ended in this way, and not earlier by itself. */
  onDone(tookEffect: boolean): void;
}

/** Decides which fault strikes what, and counts how often each has struck. */
export class Chaos {
  readonly random: Random;
  readonly #plan: StrikePlan;
  readonly #clock: Clock;
  #cloud: Disruptable | undefined;
  #requests: RequestFaults | undefined;
  #shardLimits: ShardLimits | undefined;
  readonly #disruptions = new Map<FaultKind, Promise<void>>();

  constructor({ clock, ...plan }: ChaosOptions) {
    this.random = plan.random;
    this.#clock = clock;
    this.#plan = new StrikePlan(plan);
  }

  /** How often each kind took effect. */
  get faults(): PerFaultKind<number> {
    return this.#plan.strikes;
  }

  /** The kinds that have not struck. */
  missing(): FaultKind[] {
    return this.#plan.missing();
  }

  /** Faults strike from now on. */
  begin(cloud: Disruptable): void {
    const shardLimits = new ShardLimits(cloud.shards, this.#clock);
    this.#cloud = cloud;
    this.#shardLimits = shardLimits;
    const parts = { plan: this.#plan, random: this.random, clock: this.#clock, shardLimits };
    this.#requests = new RequestFaults(parts);
  }

  /** No fault strikes from now on. Resolves when those that are under way are over. */
  async end(): Promise<void> {
    this.#cloud = undefined;
    this.#requests = undefined;
    await Promise.all(this.#disruptions.values());
  }

  /** The fault that strikes a request, if one does. A request that puts records may cause the stream to be resharded. */
  strike(request: AwsRequest): Fault | undefined {
    if (request.action === "kinesis:PutRecords") {
      this.#disrupt("resharding", async (cloud) => {
        const shards = await cloud.reshard();
        if (shards) this.#shardLimits?.follow(shards);
        return shards !== undefined;
      });
    }
    return this.#requests?.strike(request);
  }

  /** The fault that strikes an invocation, if one does. An invocation may cause the mappings to be restarted meanwhile. */
  strikeInvocation(): InvocationFault | undefined {
    if (!this.#cloud) return undefined;
    // Without a checkpoint there would be nothing to resume from, and each restart would undo the first batch.
    if (this.#cloud.hasCheckpoint())
      this.#disrupt("mapping-restart", (cloud) => cloud.restartMappings().then(() => true));
    if (this.#plan.draws("function-killed")) return this.#endOf("killed", "function-killed");
    if (this.#plan.draws("function-timeout")) return this.#endOf("timeout", "function-timeout");
    return undefined;
  }

  #endOf(end: InvocationFault["end"], kind: FaultKind): InvocationFault {
    const afterMs = Math.floor(this.random() * LONGEST_LIFE_MS);
    return { end, afterMs, onDone: this.#plan.attempt(kind) };
  }

  /** Disrupts the cloud while everything continues, one disruption of a kind at a time. */
  #disrupt(kind: FaultKind, disrupt: (cloud: Disruptable) => Promise<boolean>): void {
    if (!this.#cloud || this.#disruptions.has(kind) || !this.#plan.draws(kind)) return;
    const onDone = this.#plan.attempt(kind);
    const disruption = disrupt(this.#cloud)
      .then(onDone, () => onDone(false))
      .finally(() => this.#disruptions.delete(kind));
    this.#disruptions.set(kind, disruption);
  }
}

/** How long an invocation runs at most before it is killed or runs into its timeout. */
const LONGEST_LIFE_MS = 50;

/**
 * Chaos at the default rates. What it strikes depends on the seed and on the order in which requests arrive, which
 * differs from run to run.
 */
export function seededChaos(seed: number): Chaos {
  return new Chaos({ random: seededRandom(seed), clock: systemClock });
}
