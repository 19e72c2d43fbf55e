import { createServer, type RequestListener } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { KinesisStreamRecord } from "aws-lambda";
import { build } from "esbuild";
import { close, listen } from "../../../test-servers/listen";
import { kinesisRecord } from "../../support/kinesis-event";
import { aggregateOf } from "../../support/kpl";
import { post } from "../../support/posts";
import { responseOf, type SandboxedFunction, sandboxed } from "../../support/sandboxed-function";

/** The most that Lambda hands over in one invocation. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
/** The least memory that a function can have, in MB. */
const LEAST_MEMORY = 128;

let code: string;
/** Takes whatever it is sent, as table and as bucket: memory is at stake here, not what is stored. */
const server = createServer((request, response) => void answer(request, response));
let url: string;
let itemsStored: number;
let objects: Map<string, string>;
let processor: SandboxedFunction;

const answer: RequestListener = async (request, response) => {
  const body = await buffer(request);
  if (request.method === "PUT") objects.set(request.url ?? "", body.toString());
  else itemsStored += Object.values<unknown[]>(JSON.parse(body.toString()).RequestItems)[0]?.length ?? 0;
  response.end("{}");
};

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: ["functions/event-processor/handler.ts"],
    bundle: true,
    format: "esm",
    platform: "node",
    mainFields: ["module", "main"],
    banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
    write: false,
  });
  code = outputFiles[0]?.text ?? "";
  url = await listen(server);
});

afterAll(() => close(server));

beforeEach(() => {
  itemsStored = 0;
  objects = new Map();
  processor = sandboxed(code, {
    memorySize: LEAST_MEMORY,
    timeout: 300,
    environment: {
      TABLE_NAME: "events",
      FAILURE_BUCKET_NAME: "failures",
      TIME_TO_LIVE_DAYS: "0",
      PROCESSOR_VERSION: "1.2.3",
      POWERTOOLS_METRICS_NAMESPACE: "test",
      POWERTOOLS_SERVICE_NAME: "event-processor",
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_ENDPOINT_URL: url,
    },
  });
});

afterEach(() => processor.sandbox.stop());

/** Records with this data, as many as an invocation is handed over. */
function fullBatchOf(...data: Buffer[]): KinesisStreamRecord[] {
  const records: KinesisStreamRecord[] = [];
  for (let bytes = 0; ; ) {
    const record = kinesisRecord(data[records.length % data.length] ?? "", {
      sequenceNumber: `${records.length + 1}`,
    });
    bytes += JSON.stringify(record).length + 1;
    if (bytes > MAX_PAYLOAD_BYTES) return records;
    records.push(record);
  }
}

const repeated = (count: number, data: string, partitionKey?: string) =>
  aggregateOf(Array(count).fill(data), partitionKey);

const process = (Records: KinesisStreamRecord[]) => responseOf(processor, { Records });

const linesSetAside = () =>
  [...objects.values()].flatMap((body) =>
    body
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  );

describe("a record that ran the function out of memory at every retry, and blocked its shard,", () => {
  it("is an ordinary record, since its partition key is not one: 400 kB, repeated for 60,000 user records", async () => {
    const data = repeated(60_000, "x", "k".repeat(400_000));

    expect(await process([kinesisRecord(data, { sequenceNumber: "7" })])).toEqual({ batchItemFailures: [] });

    expect(linesSetAside()).toEqual([
      expect.objectContaining({
        reason: "invalid-utf8",
        sequenceNumber: "7",
        partitionKey: "ada",
        data: data.toString("base64"),
      }),
    ]);
  });

  it("may hold nothing but tiny user records with the longest partition key: its batch is set aside in little room", async () => {
    const batch = fullBatchOf(
      repeated(90_000, "1", "😀".repeat(256)),
      repeated(20_000, "", "\u0001".repeat(256)),
    );

    expect(await process(batch)).toEqual({ batchItemFailures: [] });

    expect(linesSetAside().map(({ sequenceNumber }) => sequenceNumber)).toEqual(
      batch.map(({ kinesis }) => kinesis.sequenceNumber),
    );
    expect(Math.max(...[...objects.values()].map(({ length }) => length))).toBeLessThan(MAX_PAYLOAD_BYTES);
  });
});

describe("the memory of the function is bounded by the batch,", () => {
  it("when thousands of aggregates have as many rejected user records as are set aside one by one", async () => {
    const batch = fullBatchOf(repeated(4, "{"));

    expect(await process(batch)).toEqual({ batchItemFailures: [] });

    expect(linesSetAside()).toHaveLength(batch.length * 4);
    expect(objects.size).toBeGreaterThan(2);
  });

  it("when aggregates hold as many events as fit", async () => {
    const events = (first: number) =>
      aggregateOf(
        Array.from({ length: 10_000 }, (_, n) => JSON.stringify(post({ id: `${first + n}`, text: "" }))),
      );
    const batch = fullBatchOf(events(10_000), events(20_000), events(30_000), events(40_000));

    expect(await process(batch)).toEqual({ batchItemFailures: [] });
    expect(itemsStored).toBe(batch.length * 10_000);
  });
});
