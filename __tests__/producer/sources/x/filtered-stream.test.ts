import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { FilteredStream } from "../../../../producer/sources/x/filtered-stream";
import { type Certificate, makeCertificate, trust } from "../../../support/certificate";
import { ManualClock } from "../../../support/manual-clock";
import { settled, until } from "../../../support/moment";
import {
  BEARER_TOKEN,
  breakingOff,
  closing,
  delivering,
  flooding,
  OPERATIONAL_DISCONNECT,
  refusing,
  saysNothing,
  startXServer,
  streamedPost,
  TOO_MANY_CONNECTIONS,
  type XServer,
} from "../../../support/x-server";

/** What the watch over a silent connection sleeps. */
const SILENCE = 30_000;

let certificate: Certificate;
let distrust: () => void;
let x: XServer;
let clock: ManualClock;
let reading: Reading | undefined;

beforeAll(() => {
  certificate = makeCertificate();
  distrust = trust(certificate);
});
afterAll(() => distrust());
beforeEach(async () => {
  x = await startXServer(certificate);
  clock = new ManualClock();
});
afterEach(async () => {
  await reading?.stop();
  reading = undefined;
  await x.stop();
});

/** A stream that is being read. */
interface Reading {
  texts: string[];
  refused: string[];
  notices: string[];
  keepAlives: number;
  stream: FilteredStream;
  /** Resolves or rejects as the reading ends. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

function read(): Reading {
  const stream = new FilteredStream(
    { url: new URL("/2/tweets/search/stream", x.url), bearerToken: BEARER_TOKEN },
    clock,
  );
  const stopping = new AbortController();
  const result: Reading = {
    texts: [],
    refused: [],
    notices: [],
    keepAlives: 0,
    stream,
    ended: Promise.resolve(),
    stop: () => {
      stopping.abort();
      return result.ended.catch(() => {});
    },
  };
  const consume = async () => {
    for await (const payload of stream.payloads(stopping.signal)) {
      if (payload.kind === "post") result.texts.push(payload.item.post.text);
      if (payload.kind === "refused") result.refused.push(payload.item.reason);
      if (payload.kind === "notice") result.notices.push(payload.message);
      if (payload.kind === "keep-alive") result.keepAlives++;
    }
  };
  result.ended = consume();
  result.ended.catch(() => {});
  reading = result;
  return result;
}

/** How long it waits before each of the next attempts, in milliseconds. */
async function delays(count: number): Promise<number[]> {
  const passed: number[] = [];
  while (passed.length < count) passed.push(await clock.passNextSleep([SILENCE]));
  return passed;
}

describe("X's filtered stream", () => {
  it("keeps characters whole that are split across chunks", async () => {
    const text = "今日は😋 👨‍👩‍👧 שלום";
    const bytes = Buffer.from(streamedPost({ text }));
    const start = bytes.indexOf("今") - 1;
    const pieces = Array.from(bytes.subarray(start, start + 50), (byte) => Buffer.from([byte]));
    x.behave(delivering(bytes.subarray(0, start), ...pieces, bytes.subarray(start + 50)));
    const { texts } = read();
    await until(() => texts.length === 1);
    expect(texts).toEqual([text]);
  });

  it("does not take a lone \\r\\n for a keep-alive while it ends a post", async () => {
    const post = (text: string) => streamedPost({ text }).trimEnd();
    x.behave(delivering(post("one"), "\r\n", post("two"), "\r\n", "\r\n", `${post("three")}\r`, "\n"));
    const result = read();
    await until(() => result.texts.length === 3);
    expect(result).toMatchObject({ texts: ["one", "two", "three"], refused: [], keepAlives: 1 });
  });

  it("loses none of 5,000 posts that come at once, and keeps their order", async () => {
    const texts = Array.from({ length: 5000 }, (_, number) => `post ${number}`);
    x.behave(flooding(texts.map((text) => streamedPost({ text }))));
    const result = read();
    await until(() => result.texts.length === 5000);
    expect(result.texts).toEqual(texts);
  });

  it("reads no further than its posts are taken", async () => {
    const post = streamedPost({ text: "x".repeat(10_000) });
    x.behave(flooding(Array.from({ length: 10_000 }, () => post)));
    const stream = new FilteredStream(
      { url: new URL("/2/tweets/search/stream", x.url), bearerToken: BEARER_TOKEN },
      clock,
    );
    const stopping = new AbortController();
    const payloads = stream.payloads(stopping.signal);
    await payloads.next();
    // What has left the server waits in the network's buffers.
    expect(await settled(() => x.bytesSent)).toBeLessThan(20_000_000);
    stopping.abort();
    await payloads.return(undefined);
  });

  it("refuses a payload that is not a post, and goes on", async () => {
    x.behave(
      delivering(
        '{"data":{"id":"1"}}\r\n',
        "nonsense\r\n",
        Buffer.from([0xff, 0x0d, 0x0a]),
        streamedPost({ text: "fine" }),
      ),
    );
    const result = read();
    await until(() => result.texts.length === 1);
    expect(result.refused).toEqual(["invalid-event", "invalid-json", "invalid-utf8"]);
  });

  it("closes the connection when it is stopped, so that the next one is not refused", async () => {
    x.behave(delivering(streamedPost()));
    const first = read();
    await until(() => first.texts.length === 1);
    await first.stop();
    await until(() => x.streams.size === 0);

    const second = read();
    await until(() => second.texts.length === 1);
    expect(second.notices).toEqual([]);
  });
});

describe("X's filtered stream connects again", () => {
  it("at once after a connection that delivered is broken off, and names the gap", async () => {
    const half = streamedPost({ text: "half" }).slice(0, 40);
    x.behave(breakingOff(streamedPost({ text: "one" }), half), delivering(streamedPost({ text: "two" })));
    const result = read();
    await until(() => result.notices.length === 1);
    // What is left of the second that two connections are apart at least.
    expect(await delays(1)).toEqual([1000]);
    await until(() => result.texts.length === 2);
    expect(result).toMatchObject({ texts: ["one", "two"], refused: [] });
    expect(result.notices).toEqual([
      "the connection to X was broken off; connecting again in 1 s",
      "connected to X again; posts from 2026-11-23T08:00:00.000Z to 2026-11-23T08:00:01.000Z may be missing (1 s)",
    ]);
  });

  it("when nothing has come for 30 seconds, not even a keep-alive", async () => {
    x.behave(delivering("\r\n"), delivering(streamedPost()));
    const result = read();
    await until(() => result.keepAlives === 1);
    clock.pass(29_999);
    expect(x.streams.size).toBe(1);
    clock.pass(1);
    expect(await delays(1)).toEqual([0]);
    await until(() => result.texts.length === 1);
    expect(result.notices).toEqual([
      "nothing came from X for 30 s; connecting again at once",
      expect.stringMatching(/may be missing \(30 s\)$/),
    ]);
  });

  it("when X does not answer at all", async () => {
    x.behave(saysNothing, delivering(streamedPost()));
    const result = read();
    await until(() => x.streams.size === 1);
    clock.pass(SILENCE);
    expect(await delays(1)).toEqual([250]);
    await until(() => result.texts.length === 1);
    expect(result.notices[0]).toContain("X cannot be reached (nothing came from X for 30 s)");
  });

  it("later and later when X accepts and closes, as if it had refused", async () => {
    x.behave(closing());
    const result = read();
    expect(await delays(8)).toEqual([5, 10, 20, 40, 80, 160, 320, 320].map((seconds) => seconds * 1000));
    expect(result.notices.slice(0, 2)).toEqual([
      "the connection to X was closed; connecting again in 5 s",
      "the connection to X was closed; connecting again in 80 s",
    ]);
  });

  it("later and later, up to 16 seconds, while the network fails", async () => {
    await x.stop();
    const result = read();
    const passed = await delays(66);
    expect(passed.slice(0, 4)).toEqual([250, 500, 750, 1000]);
    expect(passed.slice(-3)).toEqual([16_000, 16_000, 16_000]);
    expect(result.notices).toEqual([
      expect.stringMatching(/^X cannot be reached \(connect ECONNREFUSED .*\); connecting again in 0\.3 s$/),
    ]);
  });

  it("later and later, up to 320 seconds, while X answers 503", async () => {
    x.behave(refusing(503, { title: "Service Unavailable" }));
    const result = read();
    expect(await delays(8)).toEqual([5, 10, 20, 40, 80, 160, 320, 320].map((seconds) => seconds * 1000));
    expect(result.notices[0]).toBe(
      "X is not able to answer (HTTP 503, Service Unavailable); connecting again in 5 s",
    );
  });

  it("after a 429 when its x-rate-limit-reset has come", async () => {
    const reset = Math.round(clock.now() / 1000) + 200;
    x.behave(
      refusing(429, {}, { "x-rate-limit-remaining": 0, "x-rate-limit-reset": reset }),
      delivering(streamedPost()),
    );
    const result = read();
    await until(() => result.notices.length === 1);
    expect(result.stream.status()).toBe("reconnecting in 201 s");
    expect(await delays(1)).toEqual([201_000]);
    await until(() => result.texts.length === 1);
    expect(result.stream.status()).toBeUndefined();
  });

  it("after a 429 that says no time, in a minute, then two, four, and 16 at most", async () => {
    x.behave(refusing(429));
    read();
    expect(await delays(6)).toEqual([1, 2, 4, 8, 16, 16].map((minutes) => minutes * 60_000));
  });

  it("after too many connections, and says whose they are and what to do", async () => {
    const headers = {
      "x-rate-limit-remaining": 47,
      "x-rate-limit-reset": Math.round(clock.now() / 1000) + 800,
    };
    x.behave(refusing(429, TOO_MANY_CONNECTIONS, headers));
    const result = read();
    expect(await delays(1)).toEqual([60_000]);
    expect(result.notices[0]).toMatch(
      /^this X app already has a stream open, and X allows one: stop the other producer, or wait/,
    );
  });

  it("after an operational-disconnect, and says so", async () => {
    x.behave(
      delivering(streamedPost({ text: "one" }), `${JSON.stringify(OPERATIONAL_DISCONNECT)}\r\n`),
      delivering(streamedPost({ text: "two" })),
    );
    const result = read();
    await delays(1);
    await until(() => result.texts.length === 2);
    expect(result.refused).toEqual([]);
    expect(result.notices[0]).toBe(
      "X has ended the stream (operational-disconnect: This stream has been disconnected upstream for operational reasons.); connecting again in 1 s",
    );
  });

  it("from the beginning of the schedule once a connection has been good", async () => {
    x.behave(refusing(503), refusing(503), closing(streamedPost()), refusing(503), closing());
    read();
    expect(await delays(5)).toEqual([5000, 10_000, 1000, 5000, 10_000]);
  });
});

describe("X's filtered stream gives up at once", () => {
  it.each([
    [401, "X does not accept the credentials; create new ones at https://console.x.com"],
    [
      402,
      "the X account has no credits left; buy some, or raise its spending limit, at https://console.x.com",
    ],
    [
      403,
      "this X app may not use the filtered stream; see its project, its access and its credits at https://console.x.com",
    ],
    [404, "see that X_API_URL, if it is set, is X's API"],
    [400, "X refused the request (HTTP 400, Refused: because)"],
  ])("when X answers %d, with the reason and where to mend it", async (status, message) => {
    x.behave(refusing(status, { title: "Refused", detail: "because" }));
    await expect(read().ended).rejects.toThrow(message);
    expect(x.requests).toHaveLength(1);
  });

  it("and shows nothing of the credentials", async () => {
    x.behave(refusing(401, { title: "Unauthorized", detail: "Unauthorized" }));
    await expect(read().ended).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(BEARER_TOKEN) }),
    );
  });
});
