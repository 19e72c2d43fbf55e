import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import {
  ConnectionLost,
  LiveStream,
  networkReason,
  reconnectionDelayMs,
} from "../../../../producer/sources/live/live-stream";
import type { SourceItem } from "../../../../producer/sources/source";

const clock = { now: () => 0, sleep: async () => {} };

/** A stream whose connections deliver what these do, one after the other. */
function liveStream(connections: ((signal: AbortSignal) => AsyncIterable<SourceItem>)[], silenceMs = 10_000) {
  const connect = (signal: AbortSignal) => connections.shift()?.(signal) ?? deliver([]);
  return new LiveStream("Test", connect, { clock, random: () => 0, silenceMs });
}

async function* deliver(positions: readonly number[], error?: Error): AsyncGenerator<SourceItem> {
  for (const position of positions) yield { kind: "skipped", position };
  if (error) throw error;
}

describe("a live stream", () => {
  it("delivers one connection after the other, and says why one has ended", async () => {
    const stop = new AbortController();
    const delivered: unknown[] = [];
    const stream = liveStream([
      () => deliver([1, 2]),
      () => deliver([3], new ConnectionLost("cable cut")),
      () => deliver([4]),
    ]);
    expect(stream.status).toBe("connecting");
    for await (const item of stream.items(stop.signal)) {
      delivered.push(item.kind === "notice" ? item.message : item.position);
      if (item.position === 4) stop.abort();
    }
    expect(delivered).toEqual([
      1,
      2,
      "Test: the server ended the stream; connecting again in 0.5 s",
      "Test: receiving again",
      3,
      "Test: cable cut; connecting again in 1.0 s",
      "Test: receiving again",
      4,
    ]);
    expect(stream.status).toBeUndefined();
  });

  it("ends with what another connection would not mend", async () => {
    const defect = new TypeError("a defect");
    const items = liveStream([() => deliver([1], defect)]).items(new AbortController().signal);
    await items.next();
    await expect(items.next()).rejects.toBe(defect);
  });

  it("does not take it for silence when nobody asks for the next item", async () => {
    let wasAborted = false;
    const connection = async function* (signal: AbortSignal): AsyncGenerator<SourceItem> {
      signal.addEventListener("abort", () => {
        wasAborted = true;
      });
      yield* deliver([1, 2]);
    };
    const items = liveStream([connection], 20).items(new AbortController().signal);
    await items.next();
    await sleep(60);
    expect((await items.next()).value).toMatchObject({ position: 2 });
    expect(wasAborted).toBe(false);
    await items.return(undefined);
  });

  it("closes its connection when it is left", async () => {
    let closed = false;
    const connection = async function* (): AsyncGenerator<SourceItem> {
      try {
        yield* deliver([1, 2]);
      } finally {
        closed = true;
      }
    };
    for await (const _ of liveStream([connection]).items(new AbortController().signal)) break;
    expect(closed).toBe(true);
  });
});

describe("the delay before another connection", () => {
  it("doubles up to half a minute, half of it at random", () => {
    const delays = (random: number) =>
      [1, 2, 5, 6, 1000].map((failures) => reconnectionDelayMs(failures, random));
    expect(delays(0)).toEqual([500, 1000, 8000, 15_000, 15_000]);
    expect(delays(0.5)).toEqual([750, 1500, 12_000, 22_500, 22_500]);
  });
});

describe("the reason of an error of the network", () => {
  it("is its message, its code, or what it wraps", () => {
    expect(networkReason(new Error("socket hang up"))).toBe("socket hang up");
    expect(networkReason(Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }))).toBe(
      "ECONNREFUSED",
    );
    expect(networkReason(new TypeError("fetch failed", { cause: new Error("other side closed") }))).toBe(
      "other side closed",
    );
  });
});
