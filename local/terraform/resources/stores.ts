import { randomBytes } from "node:crypto";
import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { CreateStreamCommand, IncreaseStreamRetentionPeriodCommand } from "@aws-sdk/client-kinesis";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import * as v from "valibot";
import type { Provisioning } from "../resource-type";
import type { Attributes } from "../terraform-document";

/** @see https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html (on-demand starts with 4 shards) */
const ON_DEMAND_SHARDS = 4;

const Stream = v.object({
  name: v.string(),
  shard_count: v.optional(v.number(), ON_DEMAND_SHARDS),
  retention_period: v.optional(v.number(), 24),
});

export async function createStream(args: unknown, { account, clients }: Provisioning): Promise<Attributes> {
  const { name, shard_count, retention_period } = v.parse(Stream, args);
  await clients.kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: shard_count }));
  if (retention_period > 24)
    await clients.kinesis.send(
      new IncreaseStreamRetentionPeriodCommand({ StreamName: name, RetentionPeriodHours: retention_period }),
    );
  const arn = account.arn("kinesis", `stream/${name}`);
  return { id: arn, arn, name };
}

const Table = v.object({
  name: v.string(),
  hash_key: v.string(),
  range_key: v.optional(v.string()),
  attribute: v.array(v.object({ name: v.string(), type: v.picklist(["S", "N", "B"]) })),
});

export async function createTable(args: unknown, { account, clients }: Provisioning): Promise<Attributes> {
  const { name, hash_key, range_key, attribute } = v.parse(Table, args);
  await clients.dynamodb.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: attribute.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
      KeySchema: [
        { AttributeName: hash_key, KeyType: "HASH" },
        ...(range_key === undefined ? [] : [{ AttributeName: range_key, KeyType: "RANGE" as const }]),
      ],
    }),
  );
  return { id: name, name, arn: account.arn("dynamodb", `table/${name}`) };
}

const Bucket = v.union([v.object({ bucket: v.string() }), v.object({ bucket_prefix: v.string() })]);

export async function createBucket(args: unknown, { clients }: Provisioning): Promise<Attributes> {
  const named = v.parse(Bucket, args);
  const bucket = "bucket" in named ? named.bucket : named.bucket_prefix + randomBytes(8).toString("hex");
  await clients.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  return { id: bucket, bucket, arn: `arn:aws:s3:::${bucket}` };
}
