import { beforeEach, describe, expect, it } from "@jest/globals";
import { ConnectionLost } from "../../../../producer/sources/live/connection-lost";
import { type Connect, type LiveOptions, LiveStream } from "../../../../producer/sources/live/live-stream";
import type { ConnectionLoss } from "../../../../producer/sources/live/reconnection";
import type { SourceItem } from "../../../../producer/sources/source";
import { CommandError } from "../../../../shared/errors";
import { withoutWaiting } from "../../../support/noted-reconnection";
import { post } from "../../../support/posts";
import { VirtualClock } from "../../../support/virtual-clock";

let clock: VirtualClock;
let stop: AbortController;

beforeEach(() => {
  clock = new VirtualClock(Date.parse("2026-11-23T08:00:00Z"));
  stop = new AbortController();
});

/** A stream whose connections are these, one after the other, and then none that delivers anything. */
function liveStream(connections: Connect<SourceItem>[], options: Partial<LiveOptions> = {}) {
  const connect = (signal: AbortSignal) => connections.shift()?.(signal) ?? deliver([]);
  return new LiveStream("Test", connect, { clock, ...withoutWaiting(clock), ...options });
}

async function* deliver(positions: readonly number[], error?: Error): AsyncGenerator<SourceItem> {
  for (const position of positions) yield { kind: "skipped", position };
  if (error) throw error;
}

/** What a stream delivers and reports up to a position, at which it is stopped. */
async function readTo(last: number, stream: LiveStream): Promise<unknown[]> {
  const delivered: unknown[] = [];
  for await (const item of stream.items(stop.signal)) {
    delivered.push(item.kind === "notice" ? item.message : item.position);
    if (item.position === last) stop.abort();
  }
  return delivered;
}

const lost = (message: string) => new ConnectionLost(message);

describe("a live stream", () => {
  it("delivers one connection after the other, and reports why one ended and when the next one delivers", async () => {
    const connections = [() => deliver([1, 2]), () => deliver([3], lost("cable cut")), () => deliver([4])];
    expect(await readTo(4, liveStream(connections, { resumes: true }))).toEqual([
      1,
      2,
      "Test: the server ended the stream; connecting again in 0.5 s",
      "Test: receiving again",
      3,
      "Test: cable cut; connecting again in 1 s",
      "Test: receiving again",
      4,
    ]);
  });

  it("reports the gap between connections where none resumes", async () => {
    const later = async function* () {
      await clock.advance(2000);
      yield* deliver([1]);
      await clock.advance(1000);
      throw lost("cable cut");
    };
    expect(
      await readTo(2, liveStream([later, () => deliver([], lost("no cable")), () => deliver([2])])),
    ).toEqual([
      1,
      "Test: cable cut; connecting again in 0.5 s",
      "Test: no cable; connecting again in 1 s",
      "Test: receiving again; posts from 2026-11-23T08:00:02.000Z to 2026-11-23T08:00:04.500Z may be missing (2.5 s)",
      2,
    ]);
  });

  it("reports no gap before the first connection", async () => {
    const failing = async () => {
      throw lost("no cable");
    };
    expect(await readTo(1, liveStream([failing, () => deliver([1])]))).toEqual([
      "Test: no cable; connecting again in 0.5 s",
      "Test: receiving again",
      1,
    ]);
  });
});

describe("a live stream without a connection", () => {
  it("reports the same reason once, unless the wait is a minute or more", async () => {
    const failing = (reason: string) => () => deliver([], lost(reason));
    const delays = [0, 1000, 60_000, 59_000, 1000];
    const reconnection = {
      delayMs() {
        const delayMs = delays.shift() ?? 0;
        void clock.advance(delayMs);
        return delayMs;
      },
    };
    const connections = [..."aaaba"].map(failing);
    expect(
      await readTo(1, liveStream([...connections, () => deliver([1])], { reconnection, resumes: true })),
    ).toEqual([
      "Test: a; connecting again at once",
      "Test: a; connecting again in 60 s",
      "Test: b; connecting again in 59 s",
      "Test: receiving again",
      1,
    ]);
  });

  it("shows in the progress line that it connects, and when it connects again", async () => {
    const delays = { delayMs: () => 5000 };
    const stream = liveStream([() => deliver([1])], { reconnection: delays });
    expect(stream.status()).toBe("connecting");
    const items = stream.items(stop.signal);
    await items.next();
    expect(stream.status()).toBeUndefined();
    await items.next();
    expect(stream.status()).toBe("reconnecting in 5 s");
    const waiting = items.next();
    await clock.advance(4500);
    expect(stream.status()).toBe("reconnecting in 1 s");
    stop.abort();
    await waiting;
  });
});

describe("a live stream ends", () => {
  it("with an error that another connection would not fix", async () => {
    const defect = new TypeError("a defect");
    const items = liveStream([() => deliver([1], defect)]).items(stop.signal);
    await items.next();
    await expect(items.next()).rejects.toBe(defect);
  });

  it("and closes its connection when its reader stops", async () => {
    let closed = false;
    const connection = async function* (): AsyncGenerator<SourceItem> {
      try {
        yield* deliver([1, 2]);
      } finally {
        closed = true;
      }
    };
    for await (const _ of liveStream([connection]).items(stop.signal)) break;
    expect(closed).toBe(true);
  });
});

describe("a reconnection policy learns", () => {
  async function lossOf(connection: Connect<SourceItem>): Promise<ConnectionLoss> {
    return new Promise((resolve) => {
      const reconnection = {
        delayMs(loss: ConnectionLoss) {
          resolve(loss);
          stop.abort();
          return 0;
        },
      };
      void readTo(0, liveStream([connection], { reconnection }));
    });
  }

  it("how long a connection lived, when its last item came, and that it delivered a post", async () => {
    const loss = await lossOf(async function* () {
      yield { kind: "post", post: post() };
      await clock.advance(2000);
      yield { kind: "skipped" };
      await clock.advance(3000);
    });
    expect(loss).toMatchObject({ livedMs: 5000, lastItemMs: 2000, deliveredPost: true });
    expect(loss.error.message).toBe("the server ended the stream");
  });

  it("that there was no connection, and what the server answered instead", async () => {
    const error = new ConnectionLost("busy", { status: 429, allowedAgainAt: 7 });
    const loss = await lossOf(() => Promise.reject(error));
    expect(loss).toEqual({ error, livedMs: undefined, lastItemMs: undefined, deliveredPost: false });
  });
});

/** A connection that delivers these and then nothing until it is aborted, and whose end is this. */
function silent(
  positions: readonly number[],
  end: () => Promise<void> = async () => {},
): Connect<SourceItem> {
  return async function* (signal) {
    yield* deliver(positions);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await end();
  };
}

describe("a live stream whose server falls silent", () => {
  it("connects again after 30 seconds, whether it has delivered anything or not", async () => {
    const reading = readTo(2, liveStream([silent([1]), silent([]), () => deliver([2])], { resumes: true }));
    await clock.advance(29_999);
    await clock.advance(31_000);
    expect(await reading).toEqual([
      1,
      "Test: nothing received for 30 s; connecting again in 0.5 s",
      "Test: receiving again",
      2,
    ]);
  });

  it("while the connection is opened connects again", async () => {
    const opening = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    const reading = readTo(1, liveStream([opening, () => deliver([1])]));
    await clock.advance(30_000);
    expect((await reading)[0]).toBe("Test: nothing received for 30 s; connecting again in 0.5 s");
  });

  it("ends with the fault that ends the connection, if another connection would not help", async () => {
    const fault = new CommandError("not allowed");
    const reading = readTo(1, liveStream([silent([], () => Promise.reject(fault))]));
    const ended = expect(reading).rejects.toBe(fault);
    await clock.advance(30_000);
    await ended;
  });
});

describe("a live stream that is watched", () => {
  it("is not silent while the next item is not requested", async () => {
    let wasAborted = false;
    const items = liveStream([
      async function* (signal) {
        signal.addEventListener("abort", () => {
          wasAborted = true;
        });
        yield* deliver([1, 2]);
      },
    ]).items(stop.signal);
    await items.next();
    await clock.advance(100_000);
    expect((await items.next()).value).toMatchObject({ position: 2 });
    expect(wasAborted).toBe(false);
    await items.return(undefined);
  });

  it("is silent too if a long line that is being read stops arriving", async () => {
    const connection: Connect<SourceItem> = async function* (signal) {
      const pieces = async function* () {
        yield Buffer.from("{");
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      };
      yield { kind: "rejected", reason: "line-too-long", detail: "", bytes: pieces() };
    };
    const items = liveStream([connection]).items(stop.signal);
    const item = (await items.next()).value as Extract<SourceItem, { kind: "rejected" }>;
    const reading = (async () => {
      for await (const _ of item.bytes);
    })();
    await clock.advance(30_000);
    await reading;
    expect((await items.next()).value).toMatchObject({
      message: expect.stringContaining("nothing received"),
    });
    await items.return(undefined);
  });

  it("is watched with one timer, however many items arrive", async () => {
    const positions = Array.from({ length: 1000 }, (_, index) => index + 1);
    await readTo(1000, liveStream([() => deliver(positions)]));
    expect(clock.slept).toEqual([30_000]);
  });
});
