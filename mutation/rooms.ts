/** A room whose tests are tested: do they fail when its code is changed? */
export interface MutatedRoom {
  /** The files to change, as glob patterns. */
  files: readonly string[];
  /** The tests that must notice, as glob patterns: the room's own. */
  tests: readonly string[];
  /** The lowest score that passes: the share of changes that a test notices, in percent. */
  minimumScore: number;
}

/** The rooms that carry the promise that nothing is lost. */
export const MUTATED_ROOMS: Readonly<Record<string, MutatedRoom>> = {
  events: {
    files: ["events/**/*.ts"],
    tests: ["__tests__/events/**/*.test.ts"],
    minimumScore: 95,
  },
  functions: {
    files: ["functions/**/*.ts"],
    // Without the memory tests, which take seconds for each mutant, and run the function in a process of its own.
    tests: ["__tests__/functions/**/!(memory-losses).test.ts"],
    minimumScore: 95,
  },
  "kinesis-writer": {
    files: ["kinesis-writer/**/*.ts"],
    tests: ["__tests__/kinesis-writer/**/*.test.ts"],
    minimumScore: 85,
  },
  delivery: {
    files: ["producer/delivery/**/*.ts"],
    tests: ["__tests__/producer/delivery/**/*.test.ts"],
    minimumScore: 85,
  },
  mapping: {
    files: ["local/lambda/event-source-mapping/**/*.ts"],
    // Without the property tests, which take seconds for each mutant: examples should notice, too.
    tests: ["__tests__/local/lambda/event-source-mapping/!(properties).test.ts"],
    minimumScore: 85,
  },
  reconciliation: {
    files: ["local/commands/reconciliation/**/*.ts"],
    tests: ["__tests__/local/commands/reconciliation/**/*.test.ts"],
    minimumScore: 85,
  },
  chaos: {
    files: ["local/chaos/**/*.ts"],
    tests: ["__tests__/local/chaos/**/*.test.ts"],
    minimumScore: 85,
  },
  redrive: {
    files: ["operator/redrive/**/*.ts"],
    tests: ["__tests__/operator/redrive/**/*.test.ts"],
    minimumScore: 85,
  },
};
