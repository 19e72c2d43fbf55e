import { type DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { GetRecordsCommand, GetShardIteratorCommand, type KinesisClient } from "@aws-sdk/client-kinesis";
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import * as v from "valibot";
import { FAILED_BATCHES_PREFIX, FailedBatch } from "../../../events/failed-batch";
import { REJECTED_RECORDS_PREFIX, RejectedRecord } from "../../../events/rejected-record";
import { listShards } from "../../gateway/list-shards";
import type { Attributes } from "./expected-item";

/** A record on the stream. */
export interface StreamRecord {
  /** See `recordId`. */
  id: string;
  partitionKey: string;
  data: Buffer;
  /** When Kinesis received it, in milliseconds since the epoch. */
  arrivedMs: number;
}

/** A copy of a record in the failure bucket. */
export interface Copy {
  partitionKey: string;
  data: Buffer;
  /** The reason of a rejected record, or the condition of a failed batch. */
  why: string;
}

/** What the failure bucket holds. */
export interface FailureBucketContents {
  /** The copies of rejected records, by `recordId`, or by `partId` if they were in an aggregate. */
  rejected: Map<string, Copy[]>;
  /** The copies of records in failed batches, by `recordId`. */
  failed: Map<string, Copy[]>;
  /** What is neither: objects under other keys, and what cannot be read as a set-aside record. */
  unreadable: number;
}

/** Identifies a record of a stream. */
export function recordId(shardId: string, sequenceNumber: string): string {
  return `${shardId}:${sequenceNumber}`;
}

/** Identifies one of the records in an aggregate, by the aggregate's `recordId` and the position in it. */
export function partId(id: string, position: number): string {
  return `${id}:${position}`;
}

/** Every record of a stream: shard by shard, parents before their children, and each shard in order. */
export async function* readStream(kinesis: KinesisClient, StreamName: string): AsyncGenerator<StreamRecord> {
  const shards = await listShards(kinesis, { StreamName });
  // A child's id is always higher than its parents'.
  for (const shardId of shards.map(({ ShardId = "" }) => ShardId).sort()) {
    let { ShardIterator } = await kinesis.send(
      new GetShardIteratorCommand({ StreamName, ShardId: shardId, ShardIteratorType: "TRIM_HORIZON" }),
    );
    while (ShardIterator !== undefined) {
      const page = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
      const { Records = [] } = page;
      for (const { SequenceNumber = "", PartitionKey = "", Data, ApproximateArrivalTimestamp } of Records)
        yield {
          id: recordId(shardId, SequenceNumber),
          partitionKey: PartitionKey,
          data: Buffer.from(Data ?? []),
          arrivedMs: ApproximateArrivalTimestamp?.getTime() ?? 0,
        };
      // An empty page alone is not the end: Kinesis may answer with one while there is more to read.
      const isEnd = Records.length === 0 && page.MillisBehindLatest === 0;
      ShardIterator = isEnd ? undefined : page.NextShardIterator;
    }
  }
}

/** Every item of a table, by its key; see `keyOf`. */
export async function readItems(client: DynamoDBClient, TableName: string): Promise<Map<string, Attributes>> {
  const items = new Map<string, Attributes>();
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true })) {
    for (const item of Items) items.set(keyOf(item), item);
  }
  return items;
}

/** An item's key as one string. */
export function keyOf({ Username, Id }: Attributes): string {
  return JSON.stringify([Username?.S, Id?.S]);
}

/** Everything in the failure bucket. */
export async function readFailureBucket(client: S3Client, Bucket: string): Promise<FailureBucketContents> {
  const contents: FailureBucketContents = { rejected: new Map(), failed: new Map(), unreadable: 0 };
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
    for (const { Key = "" } of Contents) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      addObject(Key, (await Body?.transformToString()) ?? "", contents);
    }
  }
  return contents;
}

function addObject(key: string, text: string, contents: FailureBucketContents): void {
  if (key.startsWith(REJECTED_RECORDS_PREFIX)) {
    for (const line of text.split("\n").filter((line) => line !== "")) addRejected(line, contents);
  } else if (key.startsWith(FAILED_BATCHES_PREFIX)) {
    addFailedBatch(text, contents);
  } else {
    contents.unreadable += 1;
  }
}

function addRejected(line: string, contents: FailureBucketContents): void {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), RejectedRecord), line);
  if (!parsed.success) {
    contents.unreadable += 1;
    return;
  }
  const { shardId, sequenceNumber, subSequenceNumber, partitionKey, data, reason } = parsed.output;
  const id = recordId(shardId, sequenceNumber);
  add(contents.rejected, subSequenceNumber === undefined ? id : partId(id, subSequenceNumber), {
    partitionKey,
    data: Buffer.from(data, "base64"),
    why: reason,
  });
}

function addFailedBatch(text: string, contents: FailureBucketContents): void {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), FailedBatch), text);
  if (!parsed.success) {
    contents.unreadable += 1;
    return;
  }
  const { payload, requestContext } = parsed.output;
  for (const { eventID, kinesis } of payload.Records)
    add(contents.failed, eventID, {
      partitionKey: kinesis.partitionKey,
      data: Buffer.from(kinesis.data, "base64"),
      why: requestContext.condition,
    });
}

function add(copies: Map<string, Copy[]>, id: string, copy: Copy): void {
  const known = copies.get(id);
  if (known) known.push(copy);
  else copies.set(id, [copy]);
}
