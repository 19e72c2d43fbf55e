import { ExpiredIteratorException } from "@aws-sdk/client-kinesis";
import type { PutObjectCommandInput, S3Client } from "@aws-sdk/client-s3";
import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import { EventSourceMapping } from "../../local/lambda/event-source-mapping/event-source-mapping";
import type { EventSourceMappingSettings } from "../../local/lambda/event-source-mapping/mapping-settings";
import type { InvocationOutcome } from "../../local/lambda/invocation-outcome";
import { InMemoryKinesis } from "./in-memory-kinesis";
import { mappingSettings } from "./mapping-settings";
import { fail, respond, throttle } from "./scripted-function";
import { VirtualClock } from "./virtual-clock";

/** Something that happens to the stream. */
export type Action =
  | { kind: "put"; partitionKey: string; data: Uint8Array; isAtFault: boolean }
  | { kind: "split" | "merge"; shard: number };

/** How the function reacts to an invocation; with `partial`, it succeeds with that share of the batch. */
export type FunctionBehaviour = "success" | "failure" | "throttled" | "misunderstood" | { partial: number };

/** Everything that happens around a mapping. Each list is used from the front; once it is empty, nothing else fails. */
export interface Scenario {
  settings: Partial<EventSourceMappingSettings>;
  /** Some happen before the mapping starts, then one with every third invocation, and the rest in groups of three. */
  actions: Action[];
  actionsBeforeStart: number;
  behaviours: FunctionBehaviour[];
  /** How long invocations take. */
  durationsMs: number[];
  readFaults: ("none" | "error" | "expired")[];
  destinationFaults: ("none" | "error" | "answer lost")[];
  /** Each crash: the mapping dies at this invocation, counted from its start, and starts again at its checkpoints. */
  crashes: number[];
}

/** A record. Its id is its shard and sequence number. */
export interface PutRecord {
  id: string;
  shardId: string;
  sequenceNumber: number;
  partitionKey: string;
  data: string;
}

/** What was seen from outside, in order. */
export type Observation =
  | { kind: "invoked"; invocation: number; shardId: string; ids: string[] }
  | { kind: "answered"; invocation: number; shardId: string }
  /** The function succeeded with them. */
  | { kind: "handled"; ids: string[] }
  /** The destination has them. */
  | { kind: "set aside"; ids: string[]; condition: string; invokeCount: number }
  | { kind: "checkpoint"; shardId: string; sequenceNumber: number };

export interface Simulation {
  puts: readonly PutRecord[];
  observations: readonly Observation[];
  /** The data of every record that reached the function or the destination. */
  received: readonly { id: string; data: string }[];
  /** The shards that were split or merged into a shard. */
  parentsOf(shardId: string): readonly string[];
}

/** No scenario takes longer, unless a record is stuck. */
const LONGEST_RUN_MS = 3_600_000;

/** Plays a scenario until every record is handled. */
export async function simulate(scenario: Scenario): Promise<Simulation> {
  const simulator = new Simulator(scenario);
  await simulator.play();
  return simulator;
}

class Simulator implements Simulation {
  readonly puts: PutRecord[] = [];
  readonly observations: Observation[] = [];
  readonly received: { id: string; data: string }[] = [];
  readonly #atFault = new Set<string>();
  readonly #clock = new VirtualClock();
  readonly #kinesis = new InMemoryKinesis(this.#clock, () => this.#readFault());
  readonly #settings: EventSourceMappingSettings;
  readonly #checkpoints: Map<string, string>;
  readonly #scenario: Scenario;
  #mapping: EventSourceMapping | undefined;
  #isReading = false;
  #invocations = 0;
  #invocationsUntilCrash: number | undefined;

  constructor(scenario: Scenario) {
    this.#scenario = structuredClone(scenario);
    this.#settings = mappingSettings({ destinationBucket: "failures", ...scenario.settings });
    const { observations } = this;
    this.#checkpoints = new (class extends Map<string, string> {
      override set(shardId: string, sequenceNumber: string) {
        observations.push({ kind: "checkpoint", shardId, sequenceNumber: Number(sequenceNumber) });
        return super.set(shardId, sequenceNumber);
      }
    })();
  }

  async play(): Promise<void> {
    this.#clock.run();
    for (let left = this.#scenario.actionsBeforeStart; left > 0; left -= 1) this.#act();
    const end = new AbortController();
    const stuck = this.#clock.sleep(LONGEST_RUN_MS, end.signal).then(() => {
      if (!end.signal.aborted) throw new Error("a record is stuck");
    });
    try {
      await Promise.race([this.#runToTheEnd(), stuck]);
    } finally {
      end.abort();
      await this.#mapping?.stop();
      this.#clock.stop();
    }
  }

  async #runToTheEnd(): Promise<void> {
    while (await this.#runUntilCrash());
  }

  parentsOf(shardId: string): readonly string[] {
    return this.#kinesis.parentsOf(shardId);
  }

  /** @returns whether the mapping died before every record was handled */
  async #runUntilCrash(): Promise<boolean> {
    this.#invocationsUntilCrash = this.#scenario.crashes.shift();
    const stopping = new AbortController();
    const mapping = new EventSourceMapping({
      settings: this.#settings,
      kinesis: this.#kinesis.client,
      s3: this.#s3(),
      clock: this.#clock,
      invoke: (event) => this.#invoke(event, stopping),
      onHandled: () => undefined,
      onProblem: () => undefined,
      checkpoints: this.#checkpoints,
    });
    this.#mapping = mapping;
    this.#isReading = false;
    await mapping.start();
    this.#isReading = true;
    for (let left = 1; left > 0 && !stopping.signal.aborted; await mapping.caughtUp()) {
      for (let together = 3; together > 0; together -= 1) this.#act();
      left = this.#scenario.actions.length;
    }
    const hasCrashed = stopping.signal.aborted;
    await mapping.stop();
    return hasCrashed;
  }

  /** Performs the next action on the stream, if there is one. */
  #act(): void {
    const action = this.#scenario.actions.shift();
    if (action?.kind === "put") this.#put(action);
    if (action?.kind === "split") this.#kinesis.split(action.shard);
    if (action?.kind === "merge") this.#kinesis.merge(action.shard);
  }

  #put({ partitionKey, data, isAtFault }: Action & { kind: "put" }): void {
    const { shardId, sequenceNumber } = this.#kinesis.put(partitionKey, data);
    const id = `${shardId}:${sequenceNumber}`;
    if (isAtFault) this.#atFault.add(id);
    this.puts.push({
      id,
      shardId,
      sequenceNumber: Number(sequenceNumber),
      partitionKey,
      data: Buffer.from(data).toString("base64"),
    });
  }

  async #invoke({ Records }: KinesisStreamEvent, crash: AbortController): Promise<InvocationOutcome> {
    this.#invocations += 1;
    const invocation = this.#invocations;
    const ids = this.#receive(Records);
    const shardId = ids[0]?.split(":")[0] ?? "";
    this.observations.push({ kind: "invoked", invocation, shardId, ids });
    if (invocation % 3 === 0) this.#act();
    const behaviour = this.#behaviour(ids);
    await this.#clock.sleep(this.#scenario.durationsMs.shift() ?? 0, new AbortController().signal);

    if (this.#invocationsUntilCrash !== undefined) {
      this.#invocationsUntilCrash -= 1;
      if (this.#invocationsUntilCrash === 0) {
        crash.abort();
        void this.#mapping?.stop();
      }
    }
    this.observations.push({ kind: "answered", invocation, shardId });
    const handled = this.#countHandled(behaviour, ids.length);
    if (handled > 0 && !crash.signal.aborted)
      this.observations.push({ kind: "handled", ids: ids.slice(0, handled) });
    return answer(behaviour, Records, handled);
  }

  #behaviour(ids: readonly string[]): FunctionBehaviour {
    const behaviour = this.#scenario.behaviours.shift() ?? "success";
    const firstAtFault = ids.findIndex((id) => this.#atFault.has(id));
    if (behaviour !== "success" || firstAtFault === -1) return behaviour;
    return this.#settings.reportBatchItemFailures ? { partial: firstAtFault / ids.length } : "failure";
  }

  /** How many records an answer handles, as Lambda understands it. */
  #countHandled(behaviour: FunctionBehaviour, count: number): number {
    if (behaviour === "failure" || behaviour === "throttled") return 0;
    if (behaviour === "success" || !this.#settings.reportBatchItemFailures) return count;
    return behaviour === "misunderstood" ? 0 : Math.floor(behaviour.partial * count);
  }

  #readFault(): Error | undefined {
    const fault = this.#isReading ? this.#scenario.readFaults.shift() : undefined;
    if (fault === "error") return new Error("InternalFailure");
    return fault === "expired"
      ? new ExpiredIteratorException({ message: "Iterator expired.", $metadata: {} })
      : undefined;
  }

  /** A bucket that counts a repeated put of the same key once. */
  #s3(): S3Client {
    const keys = new Set<string | undefined>();
    const send = async ({ input: { Key, Body } }: { input: PutObjectCommandInput }) => {
      const fault = this.#scenario.destinationFaults.shift();
      if (fault === "error") throw new Error("SlowDown");
      if (!keys.has(Key)) this.#setAside(String(Body));
      keys.add(Key);
      if (fault === "answer lost") throw new Error("socket hang up");
      return {};
    };
    return { send } as unknown as S3Client;
  }

  #setAside(document: string): void {
    const { requestContext, payload } = JSON.parse(document);
    const { Records }: KinesisStreamEvent = JSON.parse(payload);
    this.observations.push({
      kind: "set aside",
      ids: this.#receive(Records),
      condition: requestContext.condition,
      invokeCount: requestContext.approximateInvokeCount,
    });
  }

  #receive(records: readonly KinesisStreamRecord[]): string[] {
    for (const { eventID, kinesis } of records) this.received.push({ id: eventID, data: kinesis.data });
    return records.map(({ eventID }) => eventID);
  }
}

function answer(
  behaviour: FunctionBehaviour,
  records: readonly KinesisStreamRecord[],
  handled: number,
): Promise<InvocationOutcome> {
  const event = { Records: [...records] };
  if (behaviour === "throttled") return throttle(event);
  if (behaviour === "failure") return fail(event);
  if (behaviour === "misunderstood") return respond({ batchItemFailures: [{ itemIdentifier: "" }] })(event);
  const failed = records.slice(handled, handled + 1);
  const batchItemFailures = failed.map(({ kinesis }) => ({ itemIdentifier: kinesis.sequenceNumber }));
  return respond({ batchItemFailures })(event);
}
