import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { KinesisStreamRecord } from "aws-lambda";
import type { InvocationOutcome } from "../invocation-outcome";
import { lambdaEvent } from "./lambda-event";
import type { EventSourceMappingSettings } from "./mapping-settings";

/** Records whose retries or age ran out: a failed batch, before it is in the failure bucket. */
export interface SetAsideBatch {
  /** A UUID. A batch that is put twice, under the same id and time, is one object. */
  id: string;
  /** Milliseconds since the epoch. */
  timeMs: number;
  shardId: string;
  records: readonly KinesisStreamRecord[];
  condition: "RetryAttemptsExhausted" | "RecordAgeExceeded";
  invokeCount: number;
  /** How the last invocation ended; undefined if there was none. */
  lastOutcome: InvocationOutcome | undefined;
}

/**
 * Puts a batch into the failure bucket, under the key and in the format that Lambda uses.
 * @throws S3's error; the batch is then not set aside
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export async function putSetAsideBatch(
  s3: S3Client,
  settings: EventSourceMappingSettings,
  batch: SetAsideBatch,
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
function objectKey(mappingUuid: string, { id, timeMs, shardId }: SetAsideBatch): string {
  const [date = "", clock = ""] = new Date(timeMs).toISOString().slice(0, 19).split("T");
  return `aws/lambda/${mappingUuid}/${shardId}/${date.replaceAll("-", "/")}/${date}T${clock.replaceAll(":", ".")}-${id}`;
}

function invocationRecord({ functionArn, streamArn }: EventSourceMappingSettings, batch: SetAsideBatch) {
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
    timestamp: new Date(batch.timeMs).toISOString(),
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
