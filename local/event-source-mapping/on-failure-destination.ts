import { randomUUID } from "node:crypto";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { KinesisStreamRecord } from "aws-lambda";
import type { InvocationOutcome } from "../function-sandbox";
import { lambdaEvent } from "./lambda-event";
import type { EventSourceMappingSettings } from "./settings";

/** Records that the mapping gives up. */
export interface DiscardedBatch {
  shardId: string;
  records: readonly KinesisStreamRecord[];
  condition: "RetryAttemptsExhausted" | "RecordAgeExceeded";
  invokeCount: number;
  /** How the last invocation ended; none if there was none. */
  lastOutcome: InvocationOutcome | undefined;
}

/**
 * Keeps a discarded batch in S3, under the key and in the format that Lambda uses.
 * @param now milliseconds since the epoch
 * @throws what S3 answers; the batch must not be given up then
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export async function putDiscardedBatch(
  s3: S3Client,
  bucket: string,
  settings: EventSourceMappingSettings,
  batch: DiscardedBatch,
  now: number,
): Promise<void> {
  const key = objectKey(settings.uuid, batch.shardId, new Date(now));
  const body = JSON.stringify(describe(settings, batch, now));
  await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: "application/json" }),
  );
}

/** `aws/lambda/<mapping>/<shard>/2026/11/23/2026-11-23T07.21.57-<uuid>` */
function objectKey(uuid: string, shardId: string, time: Date): string {
  const [date = "", clock = ""] = time.toISOString().slice(0, 19).split("T");
  return `aws/lambda/${uuid}/${shardId}/${date.replaceAll("-", "/")}/${date}T${clock.replaceAll(":", ".")}-${randomUUID()}`;
}

function describe(settings: EventSourceMappingSettings, batch: DiscardedBatch, now: number): object {
  const { records, lastOutcome, shardId } = batch;
  const first = records.at(0)?.kinesis;
  const last = records.at(-1)?.kinesis;
  return {
    requestContext: {
      requestId: lastOutcome?.requestId ?? null,
      functionArn: settings.functionArn,
      condition: batch.condition,
      approximateInvokeCount: batch.invokeCount,
    },
    responseContext: lastOutcome && {
      statusCode: 200,
      executedVersion: "$LATEST",
      functionError: lastOutcome.ok ? null : "Unhandled",
    },
    version: "1.0",
    timestamp: new Date(now).toISOString(),
    KinesisBatchInfo: {
      shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: last?.sequenceNumber,
      approximateArrivalOfFirstRecord: isoTime(first?.approximateArrivalTimestamp),
      approximateArrivalOfLastRecord: isoTime(last?.approximateArrivalTimestamp),
      batchSize: records.length,
      streamArn: settings.streamArn,
    },
    payload: JSON.stringify(lambdaEvent(records)),
  };
}

function isoTime(epochSeconds = 0): string {
  return new Date(epochSeconds * 1000).toISOString();
}
