import { afterAll, afterEach, beforeAll, beforeEach } from "@jest/globals";
import { FilteredStream } from "../../producer/sources/x/filtered-stream";
import { type Certificate, makeCertificate, trust } from "../../test-servers/certificate";
import { BEARER_TOKEN, startXServer, type XServer } from "../../test-servers/x-server";
import { until } from "./moment";
import { VirtualClock } from "./virtual-clock";

/** What the watch over a silent connection sleeps, in milliseconds. */
export const SILENCE = 30_000;

/** A stream that is being read. */
export interface Reading {
  stream: FilteredStream;
  texts: string[];
  /** Why payloads were rejected. */
  rejected: string[];
  notices: string[];
  keepAlives: number;
  /** Resolves or rejects as the reading ends. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

/** X and what reads its stream. */
export interface XFixture {
  readonly x: XServer;
  /** The reader's; the server knows no time. */
  readonly clock: VirtualClock;
  stream(): FilteredStream;
  /** Reads a stream until the test ends. */
  read(): Reading;
  /** Lets the reader wait for each of its next attempts; returns how long that was, in milliseconds. */
  delays(count: number): Promise<number[]>;
}

/** Gives every test of a file a server and a clock. */
export function useXStream(): XFixture {
  let certificate: Certificate;
  let distrust: () => void;
  let x: XServer;
  let clock: VirtualClock;
  let sleepsSeen: number;
  let readings: Reading[] = [];

  beforeAll(() => {
    certificate = makeCertificate();
    distrust = trust(certificate);
  });
  beforeEach(async () => {
    x = await startXServer(certificate);
    clock = new VirtualClock(Date.parse("2026-11-23T08:00:00Z"));
    sleepsSeen = 0;
  });
  afterEach(async () => {
    await Promise.all(readings.map((reading) => reading.stop()));
    readings = [];
    await x.stop();
  });
  afterAll(() => distrust());

  const stream = () => {
    const url = new URL("/2/tweets/search/stream", x.url);
    return new FilteredStream({ url, bearerToken: BEARER_TOKEN }, clock);
  };
  return {
    get x() {
      return x;
    },
    get clock() {
      return clock;
    },
    stream,
    read() {
      const reading = readingOf(stream());
      readings.push(reading);
      return reading;
    },
    async delays(count) {
      const delays: number[] = [];
      while (delays.length < count) {
        await until(() => clock.slept.length > sleepsSeen);
        const delay = clock.slept[sleepsSeen++] ?? 0;
        if (delay === SILENCE) continue;
        delays.push(delay);
        await clock.advance(delay);
      }
      return delays;
    },
  };
}

function readingOf(stream: FilteredStream): Reading {
  const stopping = new AbortController();
  const reading: Reading = {
    stream,
    texts: [],
    rejected: [],
    notices: [],
    keepAlives: 0,
    ended: Promise.resolve(),
    stop: () => {
      stopping.abort();
      return reading.ended.catch(() => {});
    },
  };
  const consume = async () => {
    for await (const payload of stream.payloads(stopping.signal)) {
      if (payload.kind === "post") reading.texts.push(payload.item.post.text);
      if (payload.kind === "rejected") reading.rejected.push(payload.item.reason);
      if (payload.kind === "notice") reading.notices.push(payload.message);
      if (payload.kind === "keep-alive") reading.keepAlives++;
    }
  };
  reading.ended = consume();
  // A test that does not expect a failure sees what is missing instead.
  reading.ended.catch(() => {});
  return reading;
}
