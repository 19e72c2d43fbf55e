import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { afterEach, beforeEach } from "@jest/globals";
import { streamClient } from "../../kinesis-writer/stream-client";
import { Checkpoint } from "../../producer/delivery/checkpoint";
import { Outage } from "../../producer/delivery/outage";
import { RejectsFile } from "../../producer/delivery/rejects-file";
import { newTally } from "../../producer/delivery/tally";
import { Warnings } from "../../producer/delivery/warnings";
import { produce } from "../../producer/produce";
import type { Source, SourceItem } from "../../producer/sources/source";
import { emulatorAccess } from "./aws-access";
import { type KinesisServer, STREAM_NAME, startKinesisServer } from "./kinesis-server";
import { post } from "./posts";
import { useTemporaryDirectory } from "./temporary-directory";
import { VirtualClock } from "./virtual-clock";

export interface RunOptions {
  /** Whether the run keeps a checkpoint; it does by default. */
  resume?: boolean;
  rejects?: string;
  maxAgeMs?: number;
}

/** Runs of the producer in this process, with a stream and a virtual clock of their own, for every test of a file. */
export function useProducerRuns() {
  const temporary = useTemporaryDirectory();
  let kinesis: KinesisServer;
  let client: KinesisClient;
  let clock: VirtualClock;
  beforeEach(async () => {
    kinesis = await startKinesisServer();
    client = streamClient(emulatorAccess(kinesis.url), 1);
    clock = new VirtualClock();
    clock.run();
  });
  afterEach(async () => {
    clock.stop();
    client.destroy();
    await kinesis.stop();
  });

  return {
    get kinesis() {
      return kinesis;
    },
    get clock() {
      return clock;
    },
    /** What is in the rejects file; undefined if there is none. */
    rejects(): string | undefined {
      const file = path.join(temporary.path, "kept.ndjson");
      return existsSync(file) ? readFileSync(file, "utf8") : undefined;
    },
    checkpoint: () => JSON.parse(readFileSync(path.join(temporary.path, "checkpoint.json"), "utf8")),
    /** The ids of the events on the stream, in order, each once. */
    async storedIds(): Promise<number[]> {
      const ids = (await kinesis.records()).map(({ data }) => Number(JSON.parse(data.toString()).id));
      return [...new Set(ids)].sort((a, b) => a - b);
    },
    start: (source: Source, options: RunOptions = {}) =>
      startRun({ source, client, clock }, temporary.path, options),
  };
}

/** Starts a run whose files are in this directory. */
async function startRun(
  parts: { source: Source; client: KinesisClient; clock: VirtualClock },
  directory: string,
  { resume = true, rejects, maxAgeMs = 300_000 }: RunOptions,
) {
  const stop = new AbortController();
  const abort = new AbortController();
  const notices: string[] = [];
  const warnings: string[] = [];
  const tally = newTally();
  const onNotice = (message: string) => void notices.push(message);
  const onWarning = (message: string) => void warnings.push(message);
  const outage = new Outage(onNotice, parts.clock);
  const rejectsFile = await (rejects
    ? RejectsFile.append(rejects)
    : RejectsFile.create(path.join(directory, "kept.ndjson")));
  const checkpoint = resume
    ? await Checkpoint.open({
        source: parts.source,
        sourceName: "test",
        stream: "the stream posts",
        path: path.join(directory, "checkpoint.json"),
        onSave: () => rejectsFile.flush(),
        onWarning,
        clock: parts.clock,
      })
    : undefined;
  const reported = new Warnings(onWarning);
  const ended = produce({
    ...{ ...parts, maxAgeMs, tally, outage, onNotice, rejectsFile, checkpoint },
    stream: { streamName: STREAM_NAME, region: "eu-west-1" },
    warnings: reported,
    stop: stop.signal,
    abort: abort.signal,
  }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return {
    ...{ tally, outage, notices, warnings },
    stop: () => stop.abort(),
    abort: () => abort.abort(),
    /** Resolves when the run has ended, with the message of its fault, if it has one. */
    ended: ended.finally(() => reported.close()),
  };
}

/** A source with positions, whose items say how far it was read. */
export class NumberedSource implements Source {
  readonly description = "numbers";
  readonly resumption = { checkpointPath: "unused", describe: (position: unknown) => `number ${position}` };
  /** The last number that was read. */
  read = 0;

  /**
   * @param last the last number; Infinity has no end
   * @param live whether it stays connected after the last number, until it is stopped
   * @param item makes an item of a number; a post by default
   */
  constructor(
    readonly last: number,
    readonly live = false,
    readonly item: (id: number) => SourceItem = (id) => ({ kind: "post", post: post({ id: `${id}` }) }),
  ) {}

  async *items(signal: AbortSignal, from: unknown = 0): AsyncGenerator<SourceItem> {
    for (let id = Number(from) + 1; id <= this.last && !signal.aborted; id++) {
      this.read = id;
      yield { ...this.item(id), position: id };
    }
    if (this.live && !signal.aborted) await once(signal, "abort");
  }
}
