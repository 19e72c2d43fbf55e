import { afterAll, afterEach, beforeAll, beforeEach } from "@jest/globals";
import type { LiveStream } from "../../producer/sources/live/live-stream";
import { filteredStream } from "../../producer/sources/x/filtered-stream";
import type { StreamedItem } from "../../producer/sources/x/payload";
import { XReconnection } from "../../producer/sources/x/x-reconnection";
import { type Certificate, makeCertificate, trust } from "../../test-servers/certificate";
import { BEARER_TOKEN, startXServer, type XServer } from "../../test-servers/x-server";
import { until } from "./moment";
import { noted } from "./noted-reconnection";
import { VirtualClock } from "./virtual-clock";

/** A stream that is being read. */
export interface Reading {
  stream: LiveStream<StreamedItem>;
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
  /** The reader's clock; the server has none. */
  readonly clock: VirtualClock;
  stream(): LiveStream<StreamedItem>;
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
  let delays: number[];
  let readings: Reading[] = [];

  beforeAll(() => {
    certificate = makeCertificate();
    distrust = trust(certificate);
  });
  beforeEach(async () => {
    x = await startXServer(certificate);
    clock = new VirtualClock(Date.parse("2026-11-23T08:00:00Z"));
    delays = [];
  });
  afterEach(async () => {
    await Promise.all(readings.map((reading) => reading.stop()));
    readings = [];
    await x.stop();
  });
  afterAll(() => distrust());

  const stream = () => {
    const reconnection = noted(new XReconnection(), (delayMs) => delays.push(delayMs));
    return filteredStream(x.url, BEARER_TOKEN, { clock, reconnection });
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
      const passed: number[] = [];
      while (passed.length < count) {
        await until(() => delays.length > 0);
        const [delayMs = 0] = delays.splice(0, 1);
        passed.push(delayMs);
        await clock.advance(delayMs);
      }
      return passed;
    },
  };
}

function readingOf(stream: LiveStream<StreamedItem>): Reading {
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
    for await (const item of stream.items(stopping.signal)) {
      if (item.kind === "post") reading.texts.push(item.post.text);
      if (item.kind === "rejected") reading.rejected.push(item.reason);
      if (item.kind === "notice") reading.notices.push(item.message);
      if (item.kind === "skipped") reading.keepAlives++;
    }
  };
  reading.ended = consume();
  // A test that does not expect a failure fails for what is missing instead.
  reading.ended.catch(() => {});
  return reading;
}
