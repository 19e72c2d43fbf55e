import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { afterEach, beforeEach } from "@jest/globals";
import { streamClient } from "../../kinesis-writer/stream-client";
import type { StreamRecord } from "../../kinesis-writer/stream-record";
import { StreamWriter, type StreamWriterOptions } from "../../kinesis-writer/stream-writer";
import { type Clock, systemClock } from "../../shared/clock";
import { emulatorAccess } from "./aws-access";
import { type KinesisServer, STREAM_NAME, startKinesisServer } from "./kinesis-server";

const LINGER_MS = 200;

/** Gives every test of a file a stream of its own, and writers that put records on it. */
export function useStreamWriter() {
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

  return {
    get kinesis() {
      return kinesis;
    },
    abort: () => abort.abort(),
    /** Starts a writer that lingers, but does not wait between attempts unless told how; notes what it reports. */
    start(
      options: Partial<StreamWriterOptions<StreamRecord>> = {},
      { now, wait }: Partial<{ now: () => number; wait: Clock["sleep"] }> = {},
    ) {
      const { lingerMs = LINGER_MS } = options;
      const acknowledged: string[] = [];
      const undelivered: [string, string][] = [];
      const waits: number[] = [];
      const resent: number[] = [];
      const resendReasons: string[] = [];
      const writer = new StreamWriter<StreamRecord>({
        client,
        stream: { streamName: STREAM_NAME, region: "eu-west-1", endpoint: kinesis.url },
        caller: CALLER,
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
          onResend: (count, reason) => {
            resent.push(count);
            resendReasons.push(reason);
          },
          onUndelivered: async (record, reason) => void undelivered.push([text(record), reason]),
        },
        ...options,
      });
      return { writer, acknowledged, undelivered, waits, resent, resendReasons };
    },
  };
}

const CALLER = {
  credentials: "the tester's key",
  remedies: { notAllowed: "ask for more", unknown: "ask for another", wrongSecret: "look it up" },
};

export function record(value: string | Buffer, partitionKey = "ada"): StreamRecord {
  return { partitionKey, data: Buffer.from(value) };
}

/** A record's data. */
export function text({ data }: { data: Uint8Array }): string {
  return Buffer.from(data).toString();
}

export async function putAll(writer: StreamWriter<StreamRecord>, values: readonly string[]): Promise<void> {
  for (const value of values) await writer.put(record(value));
  await writer.close();
}

/** The data of so many records, each its own. */
export function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `record ${index}`);
}
