import { readFile } from "node:fs/promises";
import { paginateScan } from "@aws-sdk/client-dynamodb";
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as KinesisRecord,
  ListShardsCommand,
} from "@aws-sdk/client-kinesis";
import { GetObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import * as v from "valibot";
import { eventItem, itemKey } from "../../events/event-item";
import { FAILED_BATCHES_PREFIX, FailedBatch } from "../../events/failed-batch";
import { parseEvent } from "../../events/parse-event";
import { REJECTED_RECORDS_PREFIX, RejectedRecord } from "../../events/rejected-record";
import type { Clients } from "../gateway/clients";

/** Where the records that Kinesis acknowledged are; each counts once. */
export interface Reconciliation {
  /** Records that Kinesis acknowledged. */
  produced: number;
  /** Of those: records whose event is in the table. */
  stored: number;
  /** Of those: records that the function rejected. */
  rejected: number;
  /** Of those: records in failed batches. */
  failed: number;
  /** Of those: records in none of the three places. */
  lost: number;
  /** Items in the table that no record on the stream accounts for. */
  duplicates: number;
}

/** The outputs of the stack to reconcile. */
export interface ReconciledStack {
  stream_name: string;
  table_name: string;
  failure_bucket_name: string;
}

/** Identifies a record of a stream. */
export function recordId(shardId: string, sequenceNumber: string): string {
  return `${shardId}:${sequenceNumber}`;
}

/**
 * Looks for every acknowledged record in the table and in the failure bucket.
 * @param acknowledged the ids (see `recordId`) of the records that Kinesis acknowledged
 */
export async function reconcile(
  clients: Clients,
  stack: ReconciledStack,
  acknowledged: ReadonlySet<string>,
): Promise<Reconciliation> {
  const items = await readKeys(clients, stack.table_name);
  const rejected = await readRejectedRecords(clients, stack.failure_bucket_name);
  const failed = await readFailedBatches(clients, stack.failure_bucket_name);

  const found = { stored: 0, rejected: 0, failed: 0 };
  const storedKeys = new Set<string>();
  for await (const { id, record } of readStream(clients, stack.stream_name)) {
    const key = eventKey(record);
    const isStored = key !== undefined && items.keys.has(key);
    if (isStored) storedKeys.add(key);
    if (!acknowledged.has(id)) continue;
    if (isStored) found.stored += 1;
    else if (rejected.has(id)) found.rejected += 1;
    else if (failed.has(id)) found.failed += 1;
  }
  return {
    produced: acknowledged.size,
    ...found,
    lost: acknowledged.size - found.stored - found.rejected - found.failed,
    duplicates: items.count - storedKeys.size,
  };
}

/**
 * Reads the producer's receipts: a line for each record that Kinesis acknowledged, with its shard and sequence number.
 * @returns the records' ids, see `recordId`
 */
export async function readReceipts(file: string): Promise<Set<string>> {
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  return new Set(lines.map((line) => line.replace(" ", ":")));
}

/** The key of the item that stores a record's event; undefined if the record holds no event. */
function eventKey({ Data = new Uint8Array() }: KinesisRecord): string | undefined {
  const event = parseEvent(Data);
  return event.ok ? itemKey(eventItem(event.post)) : undefined;
}

async function readKeys(
  { dynamodb }: Clients,
  TableName: string,
): Promise<{ keys: Set<string>; count: number }> {
  const keys = new Set<string>();
  let count = 0;
  for await (const { Items = [] } of paginateScan(
    { client: dynamodb },
    { TableName, ProjectionExpression: "Username, Id" },
  )) {
    for (const { Username, Id } of Items) keys.add(itemKey({ Username: Username?.S ?? "", Id: Id?.S ?? "" }));
    count += Items.length;
  }
  return { keys, count };
}

async function readRejectedRecords(clients: Clients, bucket: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const text of readObjects(clients, bucket, REJECTED_RECORDS_PREFIX)) {
    for (const line of text.split("\n").filter((line) => line !== "")) {
      const { shardId, sequenceNumber } = v.parse(RejectedRecord, JSON.parse(line));
      ids.add(recordId(shardId, sequenceNumber));
    }
  }
  return ids;
}

async function readFailedBatches(clients: Clients, bucket: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const text of readObjects(clients, bucket, FAILED_BATCHES_PREFIX)) {
    const { payload } = v.parse(FailedBatch, JSON.parse(text));
    for (const { eventID } of payload.Records) ids.add(eventID);
  }
  return ids;
}

async function* readObjects({ s3 }: Clients, Bucket: string, Prefix: string): AsyncGenerator<string> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix })) {
    for (const { Key } of Contents) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      yield (await Body?.transformToString()) ?? "";
    }
  }
}

async function* readStream(
  { kinesis }: Clients,
  StreamName: string,
): AsyncGenerator<{ id: string; record: KinesisRecord }> {
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
  for (const { ShardId = "" } of Shards) {
    let { ShardIterator } = await kinesis.send(
      new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
    );
    while (ShardIterator) {
      const { Records = [], NextShardIterator } = await kinesis.send(
        new GetRecordsCommand({ ShardIterator }),
      );
      for (const record of Records) yield { id: recordId(ShardId, record.SequenceNumber ?? ""), record };
      ShardIterator = Records.length > 0 ? NextShardIterator : undefined;
    }
  }
}
