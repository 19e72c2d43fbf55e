import { describe, expect, it } from "@jest/globals";
import { streamClient } from "../../kinesis-writer/stream-client";
import { ExitCode } from "../../shared/errors";
import { emulatorAccess } from "../support/aws-access";
import { answerAfter } from "../support/fault-proxy";
import { failCall, failEntries } from "../support/kinesis-server";
import { moment, until } from "../support/moment";
import { numbered, putAll, record, text, useStreamWriter } from "../support/stream-writer";

const stream = useStreamWriter();
const FULL = new Error("the disk is full");

/** Outcomes of which one cannot be reported. */
function outcomes(fails: "acknowledged" | "undelivered", fault: unknown = FULL) {
  const acknowledged: string[] = [];
  const undelivered: [string, string][] = [];
  return {
    acknowledged,
    undelivered,
    onResend: () => undefined,
    onAcknowledged: (records: readonly { data: Uint8Array }[]) => {
      acknowledged.push(...records.map(text));
      if (fails === "acknowledged") throw fault;
    },
    onUndelivered: async (record: { data: Uint8Array }, reason: string) => {
      undelivered.push([text(record), reason]);
      if (fails === "undelivered") throw fault;
    },
  };
}

describe("an acknowledgement that cannot be noted", () => {
  it("stops the writer with its own error, and is no reason to put the records again", async () => {
    const noted = outcomes("acknowledged");
    const { writer } = stream.start({ outcomes: noted, concurrency: 1 });
    await writer.put(record("a"));
    await expect(writer.close()).rejects.toBe(FULL);
    expect(stream.kinesis.calls()).toHaveLength(1);
    expect(noted.acknowledged).toEqual(["a"]);
    expect(noted.undelivered).toEqual([]);

    await expect(writer.put(record("b"))).rejects.toBe(FULL);
    expect(noted.undelivered).toEqual([["b", "the disk is full"]]);
    expect(writer.stopped.aborted).toBe(true);
  });

  it("leaves the rest of its call undelivered", async () => {
    stream.kinesis.inject(failEntries([1]));
    const noted = outcomes("acknowledged");
    const { writer } = stream.start({ outcomes: noted });
    await writer.put(record("a"));
    await writer.put(record("b"));
    await expect(writer.close()).rejects.toBe(FULL);
    expect(noted.acknowledged).toEqual(["a"]);
    expect(noted.undelivered).toEqual([["b", "the disk is full"]]);
  });

  it("is no reason to cancel other calls under way: what they store is acknowledged", async () => {
    const { reached, reach } = moment();
    stream.kinesis.inject(failEntries([]), answerAfter(reached));
    const noted = outcomes("acknowledged");
    const { writer } = stream.start({ outcomes: noted, concurrency: 2 });
    for (const value of numbered(1000)) await writer.put(record(value));
    await until(() => noted.acknowledged.length === 500);
    reach();
    await expect(writer.close()).rejects.toBe(FULL);
    expect(noted.acknowledged.sort()).toEqual(numbered(1000).sort());
    expect(noted.undelivered).toEqual([]);
  });
});

describe("an undelivered record that cannot be noted", () => {
  it("is no reason not to report the others", async () => {
    stream.kinesis.injectAlways(failCall("AccessDeniedException"));
    const noted = outcomes("undelivered");
    const { writer } = stream.start({ outcomes: noted, concurrency: 1 });
    await writer.put(record("a"));
    await writer.put(record("b"));
    await expect(writer.close()).rejects.toThrow("may not put records");
    expect(noted.undelivered.map(([value]) => value)).toEqual(["a", "b"]);
  });

  it("stops the writer when it is merely too old", async () => {
    let now = 0;
    stream.kinesis.injectAlways(async (...args) => {
      now = 1000;
      return failCall("ThrottlingException")(...args);
    });
    const noted = outcomes("undelivered", "no error but a text");
    const { writer } = stream.start({ outcomes: noted, maxAgeMs: 1000 }, { now: () => now });
    await writer.put(record("a"));
    await expect(writer.close()).rejects.toThrow("no error but a text");
    expect(noted.undelivered).toEqual([["a", "not stored within 1 s (ThrottlingException)"]]);
  });
});

describe("an error that is not of the network", () => {
  it("stops the writer at once, and is not tried again", async () => {
    const client = streamClient(emulatorAccess(stream.kinesis.url), 1);
    let calls = 0;
    client.middlewareStack.add(() => async () => {
      calls++;
      throw new TypeError("x is not a function");
    });
    const { writer, undelivered } = stream.start({ client });
    const reason = `the stream posts in eu-west-1 at ${stream.kinesis.url} failed the call: x is not a function (TypeError)`;
    await writer.put(record("a"));
    await expect(writer.close()).rejects.toThrow(reason);
    expect(undelivered).toEqual([["a", reason]]);
    expect(calls).toBe(1);
  });
});

describe("abort", () => {
  it("before the start lets the writer take nothing", async () => {
    stream.abort();
    const { writer, undelivered } = stream.start();
    await expect(writer.put(record("a"))).rejects.toMatchObject({
      message: "stopped before it was delivered",
      exitCode: ExitCode.interrupted,
    });
    await expect(writer.close()).rejects.toThrow("stopped before it was delivered");
    expect(undelivered).toEqual([["a", "stopped before it was delivered"]]);
    expect(stream.kinesis.calls()).toEqual([]);
  });

  it("after the end of all records changes nothing but the reason", async () => {
    const { writer, acknowledged, undelivered } = stream.start();
    await putAll(writer, ["a"]);
    expect(writer.stopped.aborted).toBe(false);
    stream.abort();
    expect(writer.stopped.aborted).toBe(true);
    expect(acknowledged).toEqual(["a"]);
    expect(undelivered).toEqual([]);
  });
});
