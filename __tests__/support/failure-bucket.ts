import { GetObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import type { KinesisStreamEvent } from "aws-lambda";
import type { LocalCloud } from "../../local/cloud/local-cloud";

/** The data of every record that is set aside, rejected by the function or in a failed batch. */
export async function setAsideData({ clients, outputs }: LocalCloud): Promise<Buffer[]> {
  const Bucket = outputs.failure_bucket_name;
  const data: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client: clients.s3 }, { Bucket })) {
    for (const { Key = "" } of Contents) {
      const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket, Key }));
      const text = (await Body?.transformToString()) ?? "";
      data.push(...(Key.startsWith("rejected/") ? rejectedData(text) : failedBatchData(text)));
    }
  }
  return data.map((base64) => Buffer.from(base64, "base64"));
}

function rejectedData(text: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).data);
}

function failedBatchData(text: string): string[] {
  const event: KinesisStreamEvent = JSON.parse(JSON.parse(text).payload);
  return event.Records.map(({ kinesis }) => kinesis.data);
}
