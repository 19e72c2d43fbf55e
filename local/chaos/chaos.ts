import { type Clock, systemClock } from "../../shared/clock";
import { type Random, seededRandom } from "../../shared/random";
import { awsError } from "../gateway/aws-error";
import type { AwsRequest } from "../gateway/aws-request";
import type { Fault } from "../gateway/fault";
import type { Answer } from "../gateway/http-server";
import { FAULT_KINDS, type FaultKind } from "./fault-kind";
import { failRecords, leaveUnprocessed } from "./partial-failure";
import { ShardLimits } from "./shard-limits";

/** How likely each fault is, from 0 to 1: per request, or per invocation for `function-killed`. */
export type FaultRates = Record<Exclude<FaultKind, "shard-limit">, number>;

/** Rates at which a run of a few seconds meets faults of every kind, and still succeeds. */
export const DEFAULT_RATES: FaultRates = {
  throttled: 0.02,
  "partial-failure": 0.2,
  "unprocessed-items": 0.1,
  "server-error": 0.02,
  "connection-reset": 0.02,
  "slow-answer": 0.02,
  "lost-response": 0.02,
  "bucket-unavailable": 0.05,
  "function-killed": 0.05,
};

/** The longest delay of a slow answer. */
const SLOWEST_ANSWER_MS = 500;
/** How long an outage of S3 lasts. */
const BUCKET_UNAVAILABLE_MS = 2_000;
/** How long an invocation runs at most before its process is killed. */
const LONGEST_LIFE_MS = 50;

export interface ChaosOptions {
  random: Random;
  clock: Clock;
  rates?: Partial<FaultRates>;
}

/** Decides which fault strikes which request or invocation, and counts how often each has struck. */
export class Chaos {
  /** How often each kind has struck. */
  readonly faults: Record<FaultKind, number>;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #rates: FaultRates;
  #isActive = false;
  #shardLimits: ShardLimits | undefined;
  #bucketIsBackAt = 0;

  constructor({ random, clock, rates }: ChaosOptions) {
    this.#random = random;
    this.#clock = clock;
    this.#rates = { ...DEFAULT_RATES, ...rates };
    this.faults = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  }

  /** Faults strike from now on, and the stream has the limits of `shardCount` shards. */
  begin(shardCount: number): void {
    this.#isActive = true;
    this.#shardLimits = new ShardLimits(shardCount, this.#clock);
  }

  /** No fault strikes from now on. */
  end(): void {
    this.#isActive = false;
  }

  /** The fault that strikes a request, if one does. */
  strike(request: AwsRequest): Fault | undefined {
    if (!this.#isActive) return undefined;
    return this.#bucketOutage(request) ?? this.#anyRequestFault(request) ?? this.#partialFault(request);
  }

  /** How long an invocation lasts until its process is killed, in milliseconds; undefined if it is not killed. */
  killsAfterMs(): number | undefined {
    return this.#isActive && this.#rollAndCount("function-killed")
      ? Math.floor(this.#random() * LONGEST_LIFE_MS)
      : undefined;
  }

  #anyRequestFault(request: AwsRequest): Fault | undefined {
    if (this.#rollAndCount("throttled")) return { effect: "answer", response: throttled(request) };
    if (this.#rollAndCount("server-error")) return { effect: "answer", response: serverError(request) };
    if (this.#rollAndCount("connection-reset")) return { effect: "disconnect", carriedOut: false };
    if (this.#rollAndCount("lost-response")) return { effect: "disconnect", carriedOut: true };
    if (this.#rollAndCount("slow-answer"))
      return { effect: "delay", delayMs: this.#random() * SLOWEST_ANSWER_MS };
    return undefined;
  }

  /** An outage of S3 lasts for a while, and every call in that time fails. */
  #bucketOutage(request: AwsRequest): Fault | undefined {
    if (request.service !== "s3") return undefined;
    const now = this.#clock.now();
    if (now >= this.#bucketIsBackAt) {
      if (!this.#roll("bucket-unavailable")) return undefined;
      this.#bucketIsBackAt = now + BUCKET_UNAVAILABLE_MS;
    }
    this.faults["bucket-unavailable"] += 1;
    return {
      effect: "answer",
      response: awsError("s3", 503, "ServiceUnavailable", "Please reduce your request rate."),
    };
  }

  #partialFault({ action, body }: AwsRequest): Fault | undefined {
    if (action === "dynamodb:BatchWriteItem") {
      if (!this.#roll("unprocessed-items")) return undefined;
      return this.#counted("unprocessed-items", leaveUnprocessed(body, this.#coin));
    }
    if (action !== "kinesis:PutRecords") return undefined;
    if (this.#roll("partial-failure")) return this.#counted("partial-failure", failRecords(body, this.#coin));
    const shardLimits = this.#shardLimits;
    return (
      shardLimits &&
      this.#counted(
        "shard-limit",
        failRecords(body, (record) => shardLimits.exceeds(record)),
      )
    );
  }

  readonly #coin = (): boolean => this.#random() < 0.5;

  #rollAndCount(kind: keyof FaultRates): boolean {
    const isStruck = this.#roll(kind);
    if (isStruck) this.faults[kind] += 1;
    return isStruck;
  }

  #roll(kind: keyof FaultRates): boolean {
    return this.#random() < this.#rates[kind];
  }

  #counted(kind: FaultKind, fault: Fault | undefined): Fault | undefined {
    if (fault) this.faults[kind] += 1;
    return fault;
  }
}

/**
 * Chaos at the default rates. What it strikes depends on the seed and on the order in which requests arrive, which
 * differs from run to run.
 */
export function seededChaos(seed: number): Chaos {
  return new Chaos({ random: seededRandom(seed), clock: systemClock });
}

function throttled({ service }: AwsRequest): Answer {
  return service === "s3"
    ? awsError(service, 503, "SlowDown", "Please reduce your request rate.")
    : awsError(service, 400, "ProvisionedThroughputExceededException", "Rate exceeded.");
}

function serverError({ service }: AwsRequest): Answer {
  const code = { kinesis: "InternalFailure", dynamodb: "InternalServerError", s3: "InternalError" }[service];
  return awsError(service, 500, code, "We encountered an internal error. Please try again.");
}
