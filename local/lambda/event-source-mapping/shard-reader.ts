import {
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
} from "@aws-sdk/client-kinesis";
import type { KinesisStreamRecord } from "aws-lambda";
import type { Clock } from "../../../shared/clock";
import { messageOf } from "../../../shared/errors";
import { lambdaRecord } from "./lambda-event";
import type { EventSourceMappingSettings } from "./mapping-settings";
import { retryDelayMs } from "./retry-delay";

/** What reading a shard needs. */
export interface ShardReading {
  kinesis: KinesisClient;
  settings: EventSourceMappingSettings;
  shardId: string;
  clock: Clock;
  signal: AbortSignal;
  /** Called with what went wrong; reading continues. */
  onProblem(message: string): void;
}

/** Where reading begins: at an end of the shard, or after a sequence number. */
export type ReadPosition = "TRIM_HORIZON" | "LATEST" | { after: string };

/** What one call to Kinesis read. */
export interface Page {
  records: KinesisStreamRecord[];
  /** Nothing more was on the shard, but more may come. */
  isLatest: boolean;
  /** The shard was closed by resharding, and this is its end. */
  isLast: boolean;
}

/**
 * Reads a shard in order, every record once, until resharding closes it or the signal aborts. A read that fails is
 * repeated from the same position, with backoff.
 */
export class ShardReader {
  readonly #reading: ShardReading;
  #position: ReadPosition;
  #iterator: string | undefined;
  #skipBeforeMs = 0;
  readonly #startedMs: number;

  constructor(reading: ShardReading, position: ReadPosition) {
    this.#reading = reading;
    this.#position = position;
    this.#startedMs = reading.clock.now();
  }

  /** Reads one page after another; a page may have no records. */
  async *pages(): AsyncGenerator<Page> {
    const { clock, signal, shardId, onProblem } = this.#reading;
    for (let failures = 0; !signal.aborted; ) {
      const page = await this.#read().catch((error: unknown) => {
        this.#startOver();
        if (!signal.aborted && !(error instanceof ExpiredIteratorException))
          onProblem(`shard ${shardId} cannot be read: ${messageOf(error)}`);
      });
      if (page === undefined) {
        failures += 1;
        await clock.sleep(retryDelayMs(failures), signal);
      } else {
        failures = 0;
        yield page;
        if (page.isLast) return;
      }
    }
  }

  async #read(): Promise<Page> {
    const { kinesis, settings, shardId, signal } = this.#reading;
    this.#iterator ??= await this.#openIterator();
    const { Records, NextShardIterator, MillisBehindLatest } = await kinesis.send(
      new GetRecordsCommand({
        StreamARN: settings.streamArn,
        ShardIterator: this.#iterator,
        Limit: RECORDS_PER_READ,
      }),
      { abortSignal: signal },
    );
    const read = (Records ?? []).map((record) => lambdaRecord(record, shardId, settings));
    const last = read.at(-1);
    if (last) this.#position = { after: last.kinesis.sequenceNumber };
    this.#iterator = NextShardIterator;
    const isLast = this.#iterator === undefined;
    return {
      records: read.filter(({ kinesis }) => kinesis.approximateArrivalTimestamp * 1000 >= this.#skipBeforeMs),
      isLatest: read.length === 0 && MillisBehindLatest === 0 && !isLast,
      isLast,
    };
  }

  async #openIterator(): Promise<string | undefined> {
    const { kinesis, settings, shardId, signal } = this.#reading;
    const { ShardIterator } = await kinesis.send(
      new GetShardIteratorCommand({
        StreamARN: settings.streamArn,
        ShardId: shardId,
        ...iteratorType(this.#position),
      }),
      { abortSignal: signal },
    );
    return ShardIterator;
  }

  /**
   * Drops the iterator. LATEST would now begin too late: instead, reading begins at the oldest record and skips those
   * that arrived before the start.
   */
  #startOver(): void {
    this.#iterator = undefined;
    if (this.#position !== "LATEST") return;
    this.#position = "TRIM_HORIZON";
    this.#skipBeforeMs = this.#startedMs;
  }
}

function iteratorType(
  position: ReadPosition,
): Pick<GetShardIteratorCommandInput, "ShardIteratorType" | "StartingSequenceNumber"> {
  return typeof position === "string"
    ? { ShardIteratorType: position }
    : { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: position.after };
}

/** Enough for several batches, and few enough for one call. */
const RECORDS_PER_READ = 2_000;
