import type { IncomingMessage } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { afterEach, describe, expect, it } from "@jest/globals";
import { streamClient } from "../../kinesis-writer/stream-client";
import { PiecewiseHandler } from "../../shared/piecewise-handler";
import { makeCertificate } from "../../test-servers/certificate";
import { emulatorAccess } from "../support/aws-access";
import { answerAfter, type ProxyFault } from "../support/fault-proxy";
import { moment } from "../support/moment";
import { type Behaviour, SILENCE, startSlowKinesis } from "../support/slow-kinesis";
import { numbered, putAll, text, useStreamWriter } from "../support/stream-writer";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(behave: Behaviour): Promise<string> {
  const { url, stop } = await startSlowKinesis(behave);
  ends.push(stop);
  return url;
}

function ended<T extends { destroy(): void }>(client: T): T {
  ends.push(() => client.destroy());
  return client;
}

/** So large that what the operating system buffers is little of it. */
const LARGE_CALL = new PutRecordsCommand({
  StreamName: "posts",
  Records: Array.from({ length: 30 }, () => ({ PartitionKey: "ada", Data: Buffer.alloc(1024 * 1024, "x") })),
});
const BYTES_PER_MS = 12_000;
/** The call takes twice as long. */
const SILENCE_MS = 1500;
const ANSWER = JSON.stringify({ FailedRecordCount: 0, Records: [] });

async function readSlowly(request: IncomingMessage): Promise<string> {
  for await (const chunk of request) await sleep(chunk.length / BYTES_PER_MS);
  return ANSWER;
}

describe("a call on a slow uplink", () => {
  it("takes longer in all than the service may be silent", async () => {
    const client = ended(streamClient(emulatorAccess(await start(readSlowly)), 1, SILENCE_MS));
    const started = performance.now();
    expect(await client.send(LARGE_CALL)).toMatchObject({ FailedRecordCount: 0 });
    expect(performance.now() - started).toBeGreaterThan(2 * SILENCE_MS);
  });

  it("does so over TLS, too", async () => {
    const certificate = makeCertificate();
    const { url, stop } = await startSlowKinesis(readSlowly, certificate);
    ends.push(stop);
    const requestHandler = new PiecewiseHandler({
      httpsAgent: { ca: certificate.cert },
      socketTimeout: SILENCE_MS,
    });
    const client = ended(new KinesisClient({ ...emulatorAccess(url), requestHandler }));
    const started = performance.now();
    expect(await client.send(LARGE_CALL)).toMatchObject({ FailedRecordCount: 0 });
    expect(performance.now() - started).toBeGreaterThan(2 * SILENCE_MS);
  });

  it.each<[string, Behaviour]>([
    ["reads nothing", async () => SILENCE],
    [
      "reads all and does not answer",
      async (request) => {
        await textOf(request);
        return SILENCE;
      },
    ],
  ])("times out when the service %s", async (_, behave) => {
    const client = ended(streamClient(emulatorAccess(await start(behave)), 1, 200));
    await expect(client.send(LARGE_CALL)).rejects.toMatchObject({
      name: "TimeoutError",
      message: expect.stringContaining("after 200 ms of inactivity"),
    });
  });
});

describe("a link that is too slow for large calls, or for several at once", () => {
  it("gets every record through, in calls that it can carry", async () => {
    const carried: string[][] = [];
    const url = await start(async (request, callsUnderWay) => {
      const { Records } = JSON.parse(await textOf(request)) as { Records: { Data: string }[] };
      if (callsUnderWay > 1 || Records.length > 100) return SILENCE;
      carried.push(Records.map(({ Data }) => Buffer.from(Data, "base64").toString()));
      return JSON.stringify({
        FailedRecordCount: 0,
        Records: Records.map((_, index) => ({ ShardId: "shard", SequenceNumber: `${index}` })),
      });
    });
    const client = ended(streamClient(emulatorAccess(url), 1, 300));
    const { writer, acknowledged, undelivered } = stream.start({ client });
    await putAll(writer, numbered(2000));
    expect(undelivered).toEqual([]);
    expect(acknowledged.sort()).toEqual(numbered(2000).sort());
    expect(carried.flat().sort()).toEqual(numbered(2000).sort());
  });
});

const stream = useStreamWriter();

describe("a call that times out", () => {
  const { reached: never } = moment();
  const swallowed: ProxyFault = () => new Promise(() => {});
  const patient = () => ended(streamClient(emulatorAccess(stream.kinesis.url), 1, 1000));
  const sizes = () => stream.kinesis.calls().map(({ length }) => length);

  it("is followed by calls of half its size, which grow back by a tenth with each answer", async () => {
    stream.kinesis.inject(swallowed, swallowed);
    const { writer, acknowledged, resent, waits } = stream.start({ client: patient(), concurrency: 1 });
    await putAll(writer, numbered(1200));
    expect(sizes()).toEqual([500, 250, 125, 138, 152, 168, 185, 204, 204, 24]);
    expect(acknowledged).toEqual(numbered(1200));
    expect((await stream.kinesis.records()).map(text)).toEqual(numbered(1200));
    expect(resent).toEqual([500, 250]);
    expect(waits).toEqual([]);
  });

  it("is stored twice at worst, when only its answer is late", async () => {
    stream.kinesis.inject(answerAfter(never));
    const { writer, acknowledged, undelivered } = stream.start({ client: patient(), concurrency: 1 });
    await putAll(writer, ["a", "b"]);
    expect(sizes()).toEqual([2, 2]);
    expect(acknowledged).toEqual(["a", "b"]);
    expect(undelivered).toEqual([]);
    expect((await stream.kinesis.records()).map(text)).toEqual(["a", "b", "a", "b"]);
  });

  it("counts once if others under way time out with it", async () => {
    stream.kinesis.inject(swallowed, swallowed, swallowed, swallowed);
    const { writer, acknowledged } = stream.start({ client: patient() });
    await putAll(writer, numbered(2000));
    expect(sizes().slice(0, 9)).toEqual([500, 500, 500, 500, 250, 275, 303, 334, 368]);
    expect(acknowledged.sort()).toEqual(numbered(2000).sort());
  });

  it("leaves undelivered what is too old", async () => {
    let now = 0;
    stream.kinesis.inject(async () => {
      now = 5000;
      return new Promise(() => {});
    });
    const { writer, undelivered } = stream.start(
      { client: ended(streamClient(emulatorAccess(stream.kinesis.url), 1, 100)), maxAgeMs: 5000 },
      { now: () => now },
    );
    await putAll(writer, ["a"]);
    expect(undelivered).toEqual([["a", "not stored within 5 s (TimeoutError)"]]);
    expect(sizes()).toEqual([1]);
  });

  it("leaves undelivered what it carried when the writer is stopped meanwhile", async () => {
    stream.kinesis.inject(async () => {
      stream.abort();
      return new Promise(() => {});
    });
    const { writer, undelivered, resent } = stream.start({ client: patient() });
    await expect(putAll(writer, ["a"])).rejects.toThrow("stopped before it was delivered");
    expect(undelivered).toEqual([["a", "stopped before it was delivered"]]);
    expect(resent).toEqual([]);
  });
});
