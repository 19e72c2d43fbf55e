import { appendFile } from "node:fs/promises";
import { type KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { backOff } from "../../../shared/backoff";
import { type Clock, systemClock } from "../../../shared/clock";
import { latin1Post } from "./latin1-post";

export interface Latin1ClientOptions {
  /** With the producer's key. */
  kinesis: KinesisClient;
  streamName: string;
  /** Where the ids of what Kinesis acknowledged go, in the format of the producer's receipts. */
  receiptsFile: string;
  clock?: Clock;
}

/**
 * Puts posts in Latin-1 on the stream, ten a second, until the signal aborts: some of what the function gets must be
 * rejected, so that faults strike while it is. Each is put until Kinesis acknowledges it.
 */
export async function putLatin1Posts(
  { kinesis, streamName, receiptsFile, clock = systemClock }: Latin1ClientOptions,
  signal: AbortSignal,
): Promise<void> {
  await appendFile(receiptsFile, "");
  let number = 0;
  while (!signal.aborted) {
    const numbers = [number, number + 1];
    number += 2;
    let waiting = numbers.map((each) => ({ Data: latin1Post(each), PartitionKey: `latin-1-${each}` }));
    for (let attempt = 1; waiting.length > 0 && !signal.aborted; attempt += 1) {
      if (attempt > 1) await backOff(attempt - 1, signal, { clock, random: Math.random });
      const put = new PutRecordsCommand({ StreamName: streamName, Records: waiting });
      // Whatever went wrong, the post is put again.
      const { Records = [] } = await kinesis.send(put).catch(() => ({ Records: [] }));
      const receipts = Records.filter(({ SequenceNumber }) => SequenceNumber !== undefined);
      await appendFile(
        receiptsFile,
        receipts.map(({ ShardId, SequenceNumber }) => `${ShardId} ${SequenceNumber}\n`).join(""),
      );
      waiting = waiting.filter((_, index) => Records[index]?.SequenceNumber === undefined);
    }
    await clock.sleep(PAUSE_MS, signal);
  }
}

const PAUSE_MS = 200;
