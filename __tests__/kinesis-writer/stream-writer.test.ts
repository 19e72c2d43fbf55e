import { KinesisClient } from "@aws-sdk/client-kinesis";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { streamClient } from "../../kinesis-writer/stream-client";
import type { StreamRecord } from "../../kinesis-writer/stream-record";
import { StreamWriter, type StreamWriterOptions } from "../../kinesis-writer/stream-writer";
import { type Clock, systemClock } from "../../shared/clock";
import { emulatorAccess } from "../support/aws-access";
import { answerAfter, answerWith, loseResponse, resetConnection } from "../support/fault-proxy";
import {
  failAll,
  failEntries,
  type KinesisServer,
  refuseCall,
  STREAM_NAME,
  startKinesisServer,
} from "../support/kinesis-server";
import { moment, until } from "../support/moment";

let kinesis: KinesisServer;
let client: KinesisClient;
let abort: AbortController;

beforeEach(async () => {
  kinesis = await startKinesisServer();
  client = streamClient(emulatorAccess(kinesis.url), 1);
  abort = new AbortController();
});

afterEach(async () => {
  client.destroy();
  await kinesis.stop();
});

const LINGER_MS = 200;

/** Starts a writer that lingers, but does not wait between attempts unless told how; notes what it reports. */
function startWriter(
  options: Partial<StreamWriterOptions<StreamRecord>> = {},
  { now, wait }: Partial<{ now: () => number; wait: Clock["sleep"] }> = {},
) {
  const { lingerMs = LINGER_MS } = options;
  const acknowledged: string[] = [];
  const undelivered: [string, string][] = [];
  const waits: number[] = [];
  const resent: number[] = [];
  const writer = new StreamWriter<StreamRecord>({
    client,
    stream: { streamName: STREAM_NAME, region: "eu-west-1", endpoint: kinesis.url },
    caller: {
      credentials: "the tester's key",
      remedies: { notAllowed: "ask for more", unknown: "ask for another", wrongSecret: "look it up" },
    },
    abort: abort.signal,
    maxAgeMs: 60_000,
    random: () => 0.5,
    lingerMs,
    clock: {
      now: now ?? Date.now,
      sleep: async (ms, signal) => {
        if (ms === lingerMs) return systemClock.sleep(ms, signal);
        waits.push(ms);
        await wait?.(ms, signal);
      },
    },
    outcomes: {
      onAcknowledged: (records) => acknowledged.push(...records.map(text)),
      onResend: (count) => resent.push(count),
      onUndelivered: async (record, reason) => void undelivered.push([text(record), reason]),
    },
    ...options,
  });
  return { writer, acknowledged, undelivered, waits, resent };
}

function record(value: string | Buffer, partitionKey = "ada"): StreamRecord {
  return { partitionKey, data: Buffer.from(value) };
}

function text({ data }: { data: Uint8Array }): string {
  return Buffer.from(data).toString();
}

async function putAll(writer: StreamWriter<StreamRecord>, values: readonly string[]) {
  for (const value of values) await writer.put(record(value));
  await writer.close();
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `record ${index}`);
}

describe("batches", () => {
  it("put at most 500 records in a call", async () => {
    const { writer } = startWriter({ concurrency: 1 });
    await putAll(writer, numbered(1001));
    expect(kinesis.calls().map((call) => call.length)).toEqual([500, 500, 1]);
    expect((await kinesis.records()).map(text)).toEqual(numbered(1001));
  });

  it("put at most 5 MiB in a call, partition keys included", async () => {
    const { writer } = startWriter({ concurrency: 1 });
    const mebibyte = 1024 * 1024;
    for (const [index, bytes] of [mebibyte, mebibyte, mebibyte, mebibyte, mebibyte, mebibyte - 1].entries())
      await writer.put(record(Buffer.alloc(bytes - 3, String(index)), "ada"));
    for (const bytes of [mebibyte, mebibyte, mebibyte, mebibyte, 2])
      await writer.put(record(Buffer.alloc(bytes - 1), "a"));
    await writer.close();
    const sizes = kinesis
      .calls()
      .map((call) => call.map(({ partitionKey, data }) => partitionKey.length + data.length));
    expect(sizes).toEqual([
      [mebibyte, mebibyte, mebibyte, mebibyte, mebibyte],
      [mebibyte - 1, mebibyte, mebibyte, mebibyte, mebibyte],
      [2],
    ]);
  });

  it("go out after their linger time although they are not full", async () => {
    const { writer, acknowledged } = startWriter({ lingerMs: 1 });
    await writer.put(record("alone"));
    await until(() => acknowledged.length > 0);
    expect(acknowledged).toEqual(["alone"]);
  });

  it("go out several at a time", async () => {
    const { reached, reach } = moment();
    kinesis.injectAlways(answerAfter(reached));
    const { writer, acknowledged } = startWriter({ concurrency: 3 });
    for (const value of numbered(1500)) await writer.put(record(value));
    await until(() => kinesis.calls().length === 3);
    expect(acknowledged).toEqual([]);
    reach();
    await writer.close();
    expect(acknowledged.sort()).toEqual(numbered(1500).sort());
  });
});

describe("back-pressure", () => {
  it("holds the caller while the calls under way and one full batch wait for Kinesis", async () => {
    const { reached, reach } = moment();
    kinesis.injectAlways(answerAfter(reached));
    const { writer } = startWriter({ concurrency: 2 });
    let taken = 0;
    const putting = (async () => {
      for (const value of numbered(3000)) {
        await writer.put(record(value));
        taken++;
      }
    })();
    await until(() => kinesis.calls().length === 2);
    await until(async () => {
      const before = taken;
      await new Promise(setImmediate);
      return taken === before;
    });
    expect(taken).toBe(1500);

    reach();
    await putting;
    await writer.close();
    expect(await kinesis.records()).toHaveLength(3000);
  });
});

describe("a call that fails in part", () => {
  it("is followed by one with exactly the entries that failed", async () => {
    kinesis.inject(failEntries([1, 3]), failEntries([0]));
    const { writer, acknowledged, undelivered, resent } = startWriter();
    await putAll(writer, ["a", "b", "c", "d", "e"]);
    expect(kinesis.calls().map((call) => call.map(text))).toEqual([
      ["a", "b", "c", "d", "e"],
      ["b", "d"],
      ["b"],
    ]);
    expect((await kinesis.records()).map(text)).toEqual(["a", "c", "e", "d", "b"]);
    expect(acknowledged).toEqual(["a", "c", "e", "d", "b"]);
    expect(resent).toEqual([2, 1]);
    expect(undelivered).toEqual([]);
  });

  it("is resent after a wait that grows with every attempt and is spread by chance", async () => {
    kinesis.inject(failAll("InternalFailure"), failAll("InternalFailure"), failAll("InternalFailure"));
    const { writer, waits } = startWriter({ random: () => 0.25 });
    await putAll(writer, ["a"]);
    expect(waits).toEqual([12.5, 25, 50]);
  });

  it("is undelivered, entry by entry, when a record is too old", async () => {
    let now = 1_000_000;
    kinesis.injectAlways(failAll("InternalFailure"));
    const wait = async () => {
      now += 20_000;
    };
    const { writer, undelivered } = startWriter({ maxAgeMs: 30_000 }, { now: () => now, wait });
    await writer.put(record("older"));
    now += 15_000;
    await writer.put(record("younger"));
    await writer.close();
    expect(undelivered).toEqual([
      ["older", "not stored within 30 s (InternalFailure)"],
      ["younger", "not stored within 30 s (InternalFailure)"],
    ]);
    expect(kinesis.calls().map((call) => call.map(text))).toEqual([
      ["older", "younger"],
      ["older", "younger"],
      ["younger"],
    ]);
  });
});

describe("a call that fails as a whole", () => {
  it.each([
    ["is throttled", refuseCall("ProvisionedThroughputExceededException")],
    ["is throttled by KMS", refuseCall("KMSThrottlingException")],
    ["meets HTTP 500", answerWith(500, "")],
    ["meets HTTP 503", answerWith(503, "<html>busy</html>")],
    ["loses its connection", resetConnection],
  ])("is repeated when it %s", async (_, fault) => {
    kinesis.inject(fault, fault);
    const { writer, acknowledged, resent } = startWriter();
    await putAll(writer, ["a", "b"]);
    expect((await kinesis.records()).map(text)).toEqual(["a", "b"]);
    expect(acknowledged).toEqual(["a", "b"]);
    expect(resent).toEqual([2, 2]);
  });

  it("is repeated when only its answer is lost, which the table does not mind", async () => {
    kinesis.inject(loseResponse);
    const { writer, acknowledged } = startWriter();
    await putAll(writer, ["a"]);
    expect((await kinesis.records()).map(text)).toEqual(["a", "a"]);
    expect(acknowledged).toEqual(["a"]);
  });

  it.each([
    ["AccessDeniedException", "the tester's key may not put records on the stream posts in eu-west-1"],
    ["UnrecognizedClientException", "does not know the tester's key; ask for another"],
    ["InvalidSignatureException", "the signature of the tester's key; look it up"],
    ["ExpiredTokenException", "says that the tester's key expired"],
    ["ResourceNotFoundException", "does not exist"],
    ["KMSAccessDeniedException", "kms:GenerateDataKey"],
    ["ValidationException", "refused the call: no"],
  ])("stops the writer at once with what to do on %s", async (type, advice) => {
    kinesis.injectAlways(refuseCall(type, "no"));
    const { writer, undelivered } = startWriter({ concurrency: 1 });
    await writer.put(record("a"));
    await writer.put(record("b"));
    await expect(writer.close()).rejects.toThrow(advice);
    expect(undelivered.map(([value]) => value)).toEqual(["a", "b"]);
    expect(kinesis.calls()).toHaveLength(1);

    await expect(writer.put(record("c"))).rejects.toThrow(advice);
    expect(undelivered.map(([value]) => value)).toEqual(["a", "b", "c"]);
  });
});

describe("credentials that are not found", () => {
  it("stop the writer at once with what to do", async () => {
    const nobody = new KinesisClient({
      ...emulatorAccess(kinesis.url),
      credentials: async () => {
        throw Object.assign(new Error("nothing there"), { name: "CredentialsProviderError" });
      },
    });
    const { writer, undelivered } = startWriter({ client: nobody });
    await writer.put(record("a"));
    await expect(writer.close()).rejects.toThrow(
      `there are no credentials to call the stream posts in eu-west-1 at ${kinesis.url} with: nothing there; ask for another`,
    );
    expect(undelivered.map(([value]) => value)).toEqual(["a"]);
    nobody.destroy();
  });
});

describe("abort", () => {
  it("leaves undelivered at once what is under way, waiting and still to come", async () => {
    const { reached, reach } = moment();
    kinesis.injectAlways(answerAfter(reached));
    const { writer, acknowledged, undelivered } = startWriter({ concurrency: 1 });
    const values = numbered(1001);
    for (const value of values.slice(0, 1000)) await writer.put(record(value));
    const held = writer.put(record("record 1000")).catch((error: Error) => error.message);
    await until(() => kinesis.calls().length === 1);
    abort.abort();

    await expect(writer.close()).rejects.toThrow("stopped before it was delivered");
    expect(await held).toBe("stopped before it was delivered");
    expect(acknowledged).toEqual([]);
    expect(undelivered.map(([value]) => value).sort()).toEqual(values.sort());
    reach();
  });

  it("ends a wait between attempts", async () => {
    kinesis.injectAlways(failAll("InternalFailure"));
    const wait = (_: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    const { writer, undelivered } = startWriter({}, { wait });
    await writer.put(record("a"));
    const closing = writer.close();
    await until(() => kinesis.calls().length === 1);
    abort.abort();
    await expect(closing).rejects.toThrow("stopped before it was delivered");
    expect(undelivered).toEqual([["a", "stopped before it was delivered"]]);
  });
});
