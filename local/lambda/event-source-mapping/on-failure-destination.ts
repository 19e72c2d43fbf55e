import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { KinesisStreamRecord } from "aws-lambda";
import type { InvocationOutcome } from "../invocation-outcome";
import { lambdaEvent } from "./lambda-event";
import type { EventSourceMappingSettings } from "./mapping-settings";

/** Records that the mapping gives up. */
export interface DiscardedBatch {
  /** A UUID. Kept twice under the same id and time, a batch is one object. */
  id: string;
  /** Milliseconds since the epoch. */
  time: number;
  shardId: string;
  records: readonly KinesisStreamRecord[];
  condition: "RetryAttemptsExhausted" | "RecordAgeExceeded";
  invokeCount: number;
  /** How the last invocation ended; none if there was none. */
  lastOutcome: InvocationOutcome | undefined;
}

/**
 * Keeps a discarded batch in S3, under the key and in the format that Lambda uses.
 * @throws what S3 answers; the batch must not be given up then
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export async function putDiscardedBatch(
  s3: S3Client,
  settings: EventSourceMappingSettings,
  batch: DiscardedBatch,
): Promise<void> {
  await s3.send(
    new PutObjectCommand({
      Bucket: settings.destinationBucket,
      Key: objectKey(settings.uuid, batch),
      Body: JSON.stringify(invocationRecord(settings, batch)),
      ContentType: "application/json",
    }),
  );
}

/** `aws/lambda/<mapping>/<shard>/2026/11/23/2026-11-23T07.21.57-<uuid>` */
function objectKey(mappingUuid: string, { id, time, shardId }: DiscardedBatch): string {
  const [date = "", clock = ""] = new Date(time).toISOString().slice(0, 19).split("T");
  return `aws/lambda/${mappingUuid}/${shardId}/${date.replaceAll("-", "/")}/${date}T${clock.replaceAll(":", ".")}-${id}`;
}

function invocationRecord({ functionArn, streamArn }: EventSourceMappingSettings, batch: DiscardedBatch) {
  const { records, lastOutcome, shardId } = batch;
  const first = records.at(0)?.kinesis;
  const last = records.at(-1)?.kinesis;
  return {
    requestContext: {
      requestId: lastOutcome?.requestId ?? null,
      functionArn,
      condition: batch.condition,
      approximateInvokeCount: batch.invokeCount,
    },
    responseContext: lastOutcome && {
      statusCode: 200,
      executedVersion: "$LATEST",
      functionError: lastOutcome.ok ? null : "Unhandled",
    },
    version: "1.0",
    timestamp: new Date(batch.time).toISOString(),
    KinesisBatchInfo: {
      shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: last?.sequenceNumber,
      approximateArrivalOfFirstRecord: isoTime(first?.approximateArrivalTimestamp),
      approximateArrivalOfLastRecord: isoTime(last?.approximateArrivalTimestamp),
      batchSize: records.length,
      streamArn,
    },
    payload: JSON.stringify(lambdaEvent(records)),
  };
}

function isoTime(epochSeconds = 0): string {
  return new Date(epochSeconds * 1000).toISOString();
}
