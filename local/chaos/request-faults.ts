import type { Clock } from "../../shared/clock";
import type { Random } from "../../shared/random";
import { awsError } from "../gateway/aws-error";
import type { AwsRequest } from "../gateway/aws-request";
import type { Service } from "../gateway/emulators";
import type { Effect, Fault } from "../gateway/fault";
import type { Answer } from "../gateway/http-server";
import type { FaultKind } from "./fault-kind";
import { failRecords, leaveUnprocessed, recordsOf, someOf } from "./partial-failure";
import type { ShardLimits } from "./shard-limits";
import type { StrikePlan } from "./strike-plan";

export interface RequestFaultsParts {
  plan: StrikePlan;
  random: Random;
  clock: Clock;
  shardLimits: ShardLimits;
}

/** Decides which fault strikes a request. */
export class RequestFaults {
  readonly #plan: StrikePlan;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #shardLimits: ShardLimits;
  /** The service that is away, and until when, in milliseconds since the epoch. */
  #away: { service: Service; untilMs: number } | undefined;
  #bucketIsBackAtMs = 0;
  /** Records have been put: what only starts might rightly give up if a service is away. */
  #areRecordsFlowing = false;

  constructor({ plan, random, clock, shardLimits }: RequestFaultsParts) {
    this.#plan = plan;
    this.#random = random;
    this.#clock = clock;
    this.#shardLimits = shardLimits;
  }

  /** The fault that strikes a request, if one does. */
  strike(request: AwsRequest): Fault | undefined {
    if (request.action === "kinesis:PutRecords") this.#areRecordsFlowing = true;
    return (
      this.#emulatorAway(request) ??
      this.#bucketOutage(request) ??
      this.#expiredIterator(request) ??
      this.#anyRequestFault(request) ??
      this.#partialFault(request)
    );
  }

  /** While records flow, the service of one request is away for seconds: every call to it in that time fails. */
  #emulatorAway({ service }: AwsRequest): Fault | undefined {
    const now = this.#clock.now();
    if (this.#away === undefined || now >= this.#away.untilMs) {
      if (!this.#areRecordsFlowing || !this.#plan.draws("emulator-away")) return undefined;
      this.#away = { service, untilMs: now + SHORTEST_ABSENCE_MS + this.#random() * MORE_ABSENCE_MS };
    }
    return service === this.#away.service ? this.#fault("emulator-away", NOT_CARRIED_OUT) : undefined;
  }

  /** An outage of S3 lasts for a while, and every call in that time fails. It begins when an object is put. */
  #bucketOutage({ service, action }: AwsRequest): Fault | undefined {
    if (service !== "s3") return undefined;
    const now = this.#clock.now();
    if (now >= this.#bucketIsBackAtMs) {
      if (action !== "s3:PutObject" || !this.#plan.draws("bucket-unavailable")) return undefined;
      this.#bucketIsBackAtMs = now + BUCKET_UNAVAILABLE_MS;
    }
    const response = awsError("s3", 503, "ServiceUnavailable", "Please reduce your request rate.");
    return this.#fault("bucket-unavailable", { effect: "answer", response });
  }

  #expiredIterator({ action }: AwsRequest): Fault | undefined {
    if (action !== "kinesis:GetRecords" || !this.#plan.draws("expired-iterator")) return undefined;
    const message = "Iterator expired. The iterator was created more than 300000 milliseconds ago.";
    const response = awsError("kinesis", 400, "ExpiredIteratorException", message);
    return this.#fault("expired-iterator", { effect: "answer", response });
  }

  #anyRequestFault(request: AwsRequest): Fault | undefined {
    if (this.#plan.draws("throttled"))
      return this.#fault("throttled", { effect: "answer", response: throttled(request) });
    if (this.#plan.draws("server-error"))
      return this.#fault("server-error", { effect: "answer", response: serverError(request) });
    if (this.#plan.draws("connection-reset")) return this.#fault("connection-reset", NOT_CARRIED_OUT);
    if (this.#plan.draws("lost-response"))
      return this.#fault(
        "lost-response",
        this.#carriedOut(request, { effect: "disconnect", carriedOut: true }),
      );
    if (this.#plan.draws("slow-answer")) {
      const delayMs = this.#random() * SLOWEST_ANSWER_MS;
      return this.#fault("slow-answer", this.#carriedOut(request, { effect: "delay", delayMs }));
    }
    return undefined;
  }

  /** What is put by a request that is carried out counts towards the limits of the shards. */
  #carriedOut({ action, body }: AwsRequest, effect: Effect): Effect {
    if (action === "kinesis:PutRecords")
      for (const record of recordsOf(body)) this.#shardLimits.exceeds(record);
    return effect;
  }

  #partialFault({ action, body }: AwsRequest): Fault | undefined {
    if (action === "kinesis:PutRecords") return this.#failedRecords(body);
    if (action !== "dynamodb:BatchWriteItem" || !this.#plan.draws("unprocessed-items")) return undefined;
    const effect = leaveUnprocessed(body, someOf(this.#random));
    return effect && this.#fault("unprocessed-items", effect);
  }

  /** A partial failure and the limits of the shards may strike the same call. */
  #failedRecords(body: Buffer): Fault | undefined {
    const isPartial = this.#plan.draws("partial-failure");
    const isUsedUp = this.#plan.draws("shard-limit");
    const kinds = new Set<FaultKind>();
    const effect = failRecords(body, (records) => {
      if (isUsedUp) this.#shardLimits.useUp(records[0]);
      const fails = isPartial ? someOf(this.#random)(records) : [];
      return records.map((record, index) => {
        if (fails[index]) kinds.add("partial-failure");
        else if (this.#shardLimits.exceeds(record)) kinds.add("shard-limit");
        else return false;
        return true;
      });
    });
    return effect && this.#fault(kinds, effect);
  }

  #fault(kinds: FaultKind | Iterable<FaultKind>, effect: Effect): Fault {
    const attempts = (typeof kinds === "string" ? [kinds] : [...kinds]).map((kind) =>
      this.#plan.attempt(kind),
    );
    const onDone = (tookEffect: boolean) => {
      for (const attempt of attempts) attempt(tookEffect);
    };
    return { ...effect, onDone };
  }
}

const NOT_CARRIED_OUT: Effect = { effect: "disconnect", carriedOut: false };

/** The longest delay of a slow answer. */
const SLOWEST_ANSWER_MS = 500;
/** How long an outage of S3 lasts. */
const BUCKET_UNAVAILABLE_MS = 2_000;
/** A service is away for one second, and at random for up to two more. */
const SHORTEST_ABSENCE_MS = 1_000;
const MORE_ABSENCE_MS = 2_000;

function throttled({ service }: AwsRequest): Answer {
  return service === "s3"
    ? awsError(service, 503, "SlowDown", "Please reduce your request rate.")
    : awsError(service, 400, "ProvisionedThroughputExceededException", "Rate exceeded.");
}

function serverError({ service }: AwsRequest): Answer {
  const code = { kinesis: "InternalFailure", dynamodb: "InternalServerError", s3: "InternalError" }[service];
  return awsError(service, 500, code, "We encountered an internal error. Please try again.");
}
