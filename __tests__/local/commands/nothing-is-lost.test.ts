import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { paginateScan } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { Chaos } from "../../../local/chaos/chaos";
import { type LocalCloud, startLocalCloud } from "../../../local/cloud/local-cloud";
import { readReceipts } from "../../../local/commands/reconciliation/receipts";
import { reconcile } from "../../../local/commands/reconciliation/reconciliation";
import { systemClock } from "../../../shared/clock";
import { seededRandom } from "../../../shared/random";
import { runEntryPoint } from "../../support/entry-point";
import { setAsideData } from "../../support/failure-bucket";
import { synthesizeStack } from "../../support/synthesized-stack";
import { temporaryDirectory } from "../../support/temporary-directory";

/** A line of input: an event, or any bytes. */
type Line = { kind: "event"; author: number; text: string } | { kind: "bytes"; bytes: Uint8Array };

const line: fc.Arbitrary<Line> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant("event" as const),
      author: fc.nat(20),
      text: fc.string({ unit: "grapheme" }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("bytes" as const),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 50 }),
    }),
  },
);

/** What differs from run to run: the input, the faults, and the settings. */
const scenario = fc.record({
  lines: fc.array(line, { minLength: 100, maxLength: 300, size: "max" }),
  seed: fc.nat(),
  settings: fc.record({
    shardCount: fc.integer({ min: 1, max: 3 }),
    batchSize: fc.constantFrom(7, 50, 500),
    batchWindowSeconds: fc.constant(0),
    parallelizationFactor: fc.integer({ min: 1, max: 4 }),
    maximumRetryAttempts: fc.constantFrom(0, 1, 30),
  }),
});

/** Many more faults than `--chaos` injects. */
const RATES = {
  throttled: 0.05,
  "server-error": 0.05,
  "connection-reset": 0.05,
  "lost-response": 0.05,
  "slow-answer": 0.01,
  "partial-failure": 0.5,
  "unprocessed-items": 0.3,
  "expired-iterator": 0.05,
  "bucket-unavailable": 0.05,
  "emulator-away": 0.001,
  "function-killed": 0.2,
  "function-timeout": 0.1,
  "mapping-restart": 0.02,
  resharding: 0.1,
};

const isUsable = (bytes: Uint8Array) => !bytes.includes(10) && bytes.at(-1) !== 13;

describe("whatever fails, a record that Kinesis acknowledged", () => {
  it("is stored once, or set aside with its exact bytes", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ lines, seed, settings }) => {
        const input = lines
          .map((entry, number) => (entry.kind === "event" ? event(entry, number) : Buffer.from(entry.bytes)))
          .filter(isUsable);
        const chaos = new Chaos({ random: seededRandom(seed), clock: systemClock, rates: RATES });
        const cloud = await startLocalCloud({
          stackFile: synthesizeStack(settings).file,
          port: 0,
          logFolder: temporaryDirectory(),
          chaos,
          onProblem: () => undefined,
        });
        try {
          await producesAndAccountsFor(input, cloud, chaos);
        } finally {
          await cloud.stop();
        }
      }),
      { numRuns: 3, endOnFailure: true },
    );
  }, 180_000);
});

async function producesAndAccountsFor(
  input: readonly Buffer[],
  cloud: LocalCloud,
  chaos: Chaos,
): Promise<void> {
  const folder = temporaryDirectory();
  await writeFile(join(folder, "input"), Buffer.concat(input.flatMap((bytes) => [bytes, Buffer.from("\n")])));
  const args = [
    "--local",
    "--port",
    String(cloud.port),
    "--input",
    "input",
    "--raw",
    "--receipts",
    "receipts",
    "--json",
  ];
  const run = await runEntryPoint("producer/cli.ts", args, { cwd: folder });
  expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: expect.any(String) });
  expect(JSON.parse(run.stdout).acknowledged).toBe(input.length);
  await cloud.caughtUp();
  await chaos.end();

  const { counts, wronglyRejected } = await reconcile({
    ...cloud,
    timeToLiveDays: 0,
    acknowledged: await readReceipts(join(folder, "receipts")),
    mayBeRejected: () => true,
  });
  const nothingWrong = { lost: 0, different: 0, stray: 0, duplicates: 0 };
  expect(counts).toMatchObject({ produced: input.length, ...nothingWrong });
  expect(wronglyRejected).toBe(0);

  const stored = await storedTexts(cloud);
  const setAside = new Set((await setAsideData(cloud)).map((bytes) => bytes.toString("hex")));
  const missing = input.filter((bytes) => !isStored(bytes, stored) && !setAside.has(bytes.toString("hex")));
  expect(missing.map(String)).toEqual([]);
}

function event({ author, text }: Extract<Line, { kind: "event" }>, number: number): Buffer {
  const post = {
    id: String(number),
    username: `author ${author}`,
    text,
    createdAt: "2026-01-01T00:00:00Z",
    source: "test",
  };
  return Buffer.from(JSON.stringify(post));
}

/** Whether the table has the event with the same text. */
function isStored(bytes: Buffer, stored: ReadonlyMap<string, string>): boolean {
  try {
    const { id, text } = JSON.parse(bytes.toString());
    return stored.get(id) === text;
  } catch {
    return false;
  }
}

async function storedTexts({ clients, outputs }: LocalCloud): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const { Items = [] } of paginateScan(
    { client: clients.dynamodb },
    { TableName: outputs.table_name },
  )) {
    for (const { Id, Message } of Items) texts.set(Id?.S ?? "", Message?.S ?? "");
  }
  return texts;
}
