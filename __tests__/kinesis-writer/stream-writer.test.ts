import { KinesisClient } from "@aws-sdk/client-kinesis";
import { describe, expect, it } from "@jest/globals";
import { emulatorAccess } from "../support/aws-access";
import { answerAfter, answerWith, loseResponse, resetConnection } from "../support/fault-proxy";
import { failAll, failCall, failEntries } from "../support/kinesis-server";
import { moment, until } from "../support/moment";
import { numbered, putAll, record, text, useStreamWriter } from "../support/stream-writer";

const stream = useStreamWriter();

describe("back-pressure", () => {
  it("holds the caller while the calls under way and one full batch wait for Kinesis", async () => {
    const { reached, reach } = moment();
    stream.kinesis.injectAlways(answerAfter(reached));
    const { writer } = stream.start({ concurrency: 2 });
    let taken = 0;
    const putting = (async () => {
      for (const value of numbered(3000)) {
        await writer.put(record(value));
        taken++;
      }
    })();
    await until(() => stream.kinesis.calls().length === 2);
    await until(async () => {
      const before = taken;
      await new Promise(setImmediate);
      return taken === before;
    });
    expect(taken).toBe(1500);

    reach();
    await putting;
    await writer.close();
    expect(await stream.kinesis.records()).toHaveLength(3000);
  });
});

describe("a call that fails in part", () => {
  it("is followed by one with exactly the entries that failed", async () => {
    stream.kinesis.inject(failEntries([1, 3]), failEntries([0]));
    const { writer, acknowledged, undelivered, resent } = stream.start();
    await putAll(writer, ["a", "b", "c", "d", "e"]);
    expect(stream.kinesis.calls().map((call) => call.map(text))).toEqual([
      ["a", "b", "c", "d", "e"],
      ["b", "d"],
      ["b"],
    ]);
    expect((await stream.kinesis.records()).map(text)).toEqual(["a", "c", "e", "d", "b"]);
    expect(acknowledged).toEqual(["a", "c", "e", "d", "b"]);
    expect(resent).toEqual([2, 1]);
    expect(undelivered).toEqual([]);
  });

  it("is resent after a wait that grows with every attempt and is spread by chance", async () => {
    stream.kinesis.inject(failAll("InternalFailure"), failAll("InternalFailure"), failAll("InternalFailure"));
    const { writer, waits } = stream.start({ random: () => 0.25 });
    await putAll(writer, ["a"]);
    expect(waits).toEqual([12.5, 25, 50]);
  });

  it("is undelivered, entry by entry, when a record is too old", async () => {
    let now = 1_000_000;
    stream.kinesis.injectAlways(failAll("InternalFailure"));
    const wait = async () => {
      now += 20_000;
    };
    const { writer, undelivered } = stream.start({ maxAgeMs: 30_000 }, { now: () => now, wait });
    await writer.put(record("older"));
    now += 15_000;
    await writer.put(record("younger"));
    await writer.close();
    expect(undelivered).toEqual([
      ["older", "not stored within 30 s (InternalFailure)"],
      ["younger", "not stored within 30 s (InternalFailure)"],
    ]);
    expect(stream.kinesis.calls().map((call) => call.map(text))).toEqual([
      ["older", "younger"],
      ["older", "younger"],
      ["younger"],
    ]);
  });
});

describe("a call that fails as a whole", () => {
  it.each([
    [
      "is throttled",
      failCall("ProvisionedThroughputExceededException"),
      "ProvisionedThroughputExceededException",
    ],
    ["is throttled by KMS", failCall("KMSThrottlingException"), "KMSThrottlingException"],
    ["meets HTTP 500", answerWith(500, ""), "HTTP 500"],
    ["meets HTTP 503", answerWith(503, "<html>busy</html>"), "HTTP 503"],
    ["loses its connection", resetConnection, "ECONNRESET"],
  ])("is repeated when it %s", async (_, fault, reason) => {
    stream.kinesis.inject(fault, fault);
    const { writer, acknowledged, resent, resendReasons } = stream.start();
    await putAll(writer, ["a", "b"]);
    expect((await stream.kinesis.records()).map(text)).toEqual(["a", "b"]);
    expect(acknowledged).toEqual(["a", "b"]);
    expect(resent).toEqual([2, 2]);
    expect(resendReasons).toEqual([reason, reason]);
  });

  it("is repeated when only its answer is lost, which the table does not mind", async () => {
    stream.kinesis.inject(loseResponse);
    const { writer, acknowledged } = stream.start();
    await putAll(writer, ["a"]);
    expect((await stream.kinesis.records()).map(text)).toEqual(["a", "a"]);
    expect(acknowledged).toEqual(["a"]);
  });

  it.each([
    ["AccessDeniedException", "the tester's key may not put records on the stream posts in eu-west-1"],
    ["UnrecognizedClientException", "does not know the tester's key; ask for another"],
    ["InvalidSignatureException", "the signature of the tester's key; look it up"],
    ["ExpiredTokenException", "says that the tester's key expired"],
    ["ResourceNotFoundException", "does not exist"],
    ["KMSAccessDeniedException", "kms:GenerateDataKey"],
    ["ValidationException", "failed the call: no"],
  ])("stops the writer at once with what to do on %s", async (type, advice) => {
    stream.kinesis.injectAlways(failCall(type, "no"));
    const { writer, undelivered } = stream.start({ concurrency: 1 });
    await writer.put(record("a"));
    await writer.put(record("b"));
    await expect(writer.close()).rejects.toThrow(advice);
    expect(undelivered.map(([value]) => value)).toEqual(["a", "b"]);
    expect(stream.kinesis.calls()).toHaveLength(1);

    await expect(writer.put(record("c"))).rejects.toThrow(advice);
    expect(undelivered.map(([value]) => value)).toEqual(["a", "b", "c"]);
  });
});

describe("credentials that are not found", () => {
  it("stop the writer at once with what to do", async () => {
    const nobody = new KinesisClient({
      ...emulatorAccess(stream.kinesis.url),
      credentials: async () => {
        throw Object.assign(new Error("nothing there"), { name: "CredentialsProviderError" });
      },
    });
    const { writer, undelivered } = stream.start({ client: nobody });
    await writer.put(record("a"));
    await expect(writer.close()).rejects.toThrow(
      `there are no credentials to call the stream posts in eu-west-1 at ${stream.kinesis.url} with: nothing there; ask for another`,
    );
    expect(undelivered.map(([value]) => value)).toEqual(["a"]);
    nobody.destroy();
  });
});

describe("abort", () => {
  it("leaves undelivered at once what is under way, waiting and still to come", async () => {
    const { reached, reach } = moment();
    stream.kinesis.injectAlways(answerAfter(reached));
    const { writer, acknowledged, undelivered } = stream.start({ concurrency: 1 });
    const values = numbered(1001);
    for (const value of values.slice(0, 1000)) await writer.put(record(value));
    const held = writer.put(record("record 1000")).catch((error: Error) => error.message);
    await until(() => stream.kinesis.calls().length === 1);
    stream.abort();

    await expect(writer.close()).rejects.toThrow("stopped before it was delivered");
    expect(await held).toBe("stopped before it was delivered");
    expect(acknowledged).toEqual([]);
    expect(undelivered.map(([value]) => value).sort()).toEqual(values.sort());
    reach();
  });

  it("ends a wait between attempts", async () => {
    stream.kinesis.injectAlways(failAll("InternalFailure"));
    const wait = (_: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    const { writer, undelivered, waits } = stream.start({}, { wait });
    await writer.put(record("a"));
    const closing = writer.close();
    await until(() => waits.length === 1);
    stream.abort();
    await expect(closing).rejects.toThrow("stopped before it was delivered");
    expect(undelivered).toEqual([["a", "stopped before it was delivered"]]);
  });
});
