import { describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import {
  type Action,
  type FunctionBehaviour,
  type Scenario,
  type Simulation,
  simulate,
} from "../../../support/mapping-simulation";

// A scenario that hangs must fail, but a busy machine must not make one fail that does not.
jest.setTimeout(180_000);

const put: fc.Arbitrary<Action> = fc.record({
  kind: fc.constant("put" as const),
  partitionKey: fc.constantFrom("ada", "bob", "cyd", "dan", "eve", "fay"),
  data: fc.uint8Array({ maxLength: 8 }),
  isAtFault: fc.nat(9).map((number) => number === 9),
});

const reshard: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom("split" as const, "merge" as const),
  shard: fc.nat(5),
});

const behaviour: fc.Arbitrary<FunctionBehaviour> = fc.oneof(
  { weight: 3, arbitrary: fc.constant("success" as const) },
  { weight: 2, arbitrary: fc.double({ min: 0, max: 0.999, noNaN: true }).map((partial) => ({ partial })) },
  {
    weight: 3,
    arbitrary: fc.constantFrom("failure" as const, "throttled" as const, "misunderstood" as const),
  },
);

/** Limits under which a record that always fails is set aside in the end. */
const limits = fc.constantFrom(
  { maximumRetryAttempts: 0, maximumRecordAgeSeconds: -1 },
  { maximumRetryAttempts: 2, maximumRecordAgeSeconds: -1 },
  { maximumRetryAttempts: 1, maximumRecordAgeSeconds: 30 },
  { maximumRetryAttempts: -1, maximumRecordAgeSeconds: 60 },
);

const settings = fc
  .record({
    batchSize: fc.integer({ min: 1, max: 8 }),
    batchWindowSeconds: fc.constantFrom(0, 0, 2),
    parallelizationFactor: fc.integer({ min: 1, max: 10 }),
    bisectBatchOnFunctionError: fc.boolean(),
    reportBatchItemFailures: fc.boolean(),
  })
  .chain((others) => limits.map((limits) => ({ ...others, ...limits })));

const scenario: fc.Arbitrary<Scenario> = fc.record({
  settings,
  actions: fc.array(fc.oneof({ weight: 5, arbitrary: put }, { weight: 1, arbitrary: reshard }), {
    minLength: 1,
    maxLength: 40,
  }),
  actionsBeforeStart: fc.nat(20),
  behaviours: fc.array(behaviour, { maxLength: 30 }),
  durationsMs: fc.array(fc.nat(3_000), { maxLength: 60 }),
  readFaults: fc.array(
    fc.constantFrom("none" as const, "none" as const, "error" as const, "expired" as const),
    {
      maxLength: 12,
    },
  ),
  destinationFaults: fc.array(fc.constantFrom("none" as const, "error" as const, "answer lost" as const), {
    maxLength: 6,
  }),
  crashes: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
});

/** Checks a property in 200 random scenarios; a failure prints its seed and the smallest scenario that fails. */
const holds = (property: (simulation: Simulation, scenario: Scenario) => void) =>
  fc.assert(
    fc.asyncProperty(scenario, async (scenario) => property(await simulate(scenario), scenario)),
    { numRuns: 200 },
  );

/** Calls `onObservation` with every observation and the ids of the records handled before it; returns all such ids. */
function replay(
  { observations }: Simulation,
  onObservation: (observation: Simulation["observations"][number], handled: ReadonlySet<string>) => void,
): Set<string> {
  const handled = new Set<string>();
  for (const observation of observations) {
    onObservation(observation, handled);
    if (observation.kind === "handled" || observation.kind === "set aside")
      for (const id of observation.ids) handled.add(id);
  }
  return handled;
}

describe("The records, whatever fails and while the stream is resharded", () => {
  it("every record is handled by the function or set aside", async () => {
    await holds((simulation) => {
      const handled = replay(simulation, () => undefined);
      expect(simulation.puts.filter(({ id }) => !handled.has(id))).toEqual([]);
    });
  });

  it("every record arrives with its exact bytes", async () => {
    await holds(({ puts, received }) => {
      const data = new Map(puts.map(({ id, data }) => [id, data]));
      expect(received.filter((record) => record.data !== data.get(record.id))).toEqual([]);
    });
  });

  it("no record overtakes an earlier one of its partition key", async () => {
    await holds((simulation) => {
      const position = new Map(simulation.puts.map(({ id }, index) => [id, index]));
      const earlierOf = (id: string) => {
        const index = position.get(id) ?? -1;
        const { partitionKey } = simulation.puts[index] ?? {};
        return simulation.puts.slice(0, index).filter((put) => put.partitionKey === partitionKey);
      };
      replay(simulation, (observation, handled) => {
        if (observation.kind !== "invoked" && observation.kind !== "set aside") return;
        for (const [index, id] of observation.ids.entries()) {
          const before = new Set(observation.ids.slice(0, index));
          const overtaken = earlierOf(id).filter((put) => !handled.has(put.id) && !before.has(put.id));
          expect(overtaken).toEqual([]);
        }
      });
    });
  });

  it("a child shard is read after its parents' last record is handled", async () => {
    await holds((simulation) => {
      replay(simulation, (observation, handled) => {
        if (observation.kind !== "invoked") return;
        const parents = simulation.parentsOf(observation.shardId);
        const unfinished = simulation.puts.filter(
          ({ id, shardId }) => parents.includes(shardId) && !handled.has(id),
        );
        expect(unfinished).toEqual([]);
      });
    });
  });
});

describe("The mapping, whatever fails and while the stream is resharded", () => {
  it("a checkpoint only moves forward", async () => {
    await holds((simulation) => {
      const last = new Map<string, number>();
      replay(simulation, (observation) => {
        if (observation.kind !== "checkpoint") return;
        expect(observation.sequenceNumber).toBeGreaterThan(last.get(observation.shardId) ?? 0);
        last.set(observation.shardId, observation.sequenceNumber);
      });
    });
  });

  it("a checkpoint is never ahead of what was handled", async () => {
    await holds((simulation) => {
      replay(simulation, (observation, handled) => {
        if (observation.kind !== "checkpoint") return;
        const behind = simulation.puts.filter(
          ({ shardId, sequenceNumber }) =>
            shardId === observation.shardId && sequenceNumber <= observation.sequenceNumber,
        );
        expect(behind.filter(({ id }) => !handled.has(id))).toEqual([]);
      });
    });
  });

  it("a batch has records of one shard, no more than BatchSize, and no more batches run at once than ParallelizationFactor", async () => {
    await holds((simulation, { settings }) => {
      const running = new Map<string, number>();
      replay(simulation, (observation) => {
        if (observation.kind === "answered")
          running.set(observation.shardId, (running.get(observation.shardId) ?? 0) - 1);
        if (observation.kind !== "invoked") return;
        const { ids, shardId } = observation;
        expect(ids.length).toBeLessThanOrEqual(settings.batchSize ?? 0);
        expect(ids.filter((id) => !id.startsWith(`${shardId}:`))).toEqual([]);
        running.set(shardId, (running.get(shardId) ?? 0) + 1);
        expect(running.get(shardId)).toBeLessThanOrEqual(settings.parallelizationFactor ?? 0);
      });
    });
  });

  it("a batch is set aside for its retries only after all of them", async () => {
    await holds((simulation, { settings }) => {
      replay(simulation, (observation) => {
        if (observation.kind !== "set aside" || observation.condition !== "RetryAttemptsExhausted") return;
        expect(observation.invokeCount).toBe((settings.maximumRetryAttempts ?? 0) + 1);
      });
    });
  });
});
