import { createHash } from "node:crypto";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** One of the records that the Kinesis Producer Library packed into a Kinesis record. */
export interface AggregatedUserRecord {
  partitionKey: string;
  data: Uint8Array;
}

/**
 * Takes apart an aggregate of the Kinesis Producer Library: a magic number, a protobuf message and the message's MD5.
 * The user records are read one at a time, since there may be many more than fit in memory as objects.
 *
 * Returns `undefined` for an ordinary record. A record with the magic number is ordinary, too, if its checksum is
 * wrong, it cannot be decoded, it holds no user records, or a partition key that Kinesis does not take.
 * @see https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 */
export function disaggregate(data: Uint8Array): Iterable<AggregatedUserRecord> | undefined {
  if (!MAGIC.equals(data.subarray(0, MAGIC.length))) return undefined;

  const message = data.subarray(MAGIC.length, -MD5_BYTES);
  if (!createHash("md5").update(message).digest().equals(data.subarray(-MD5_BYTES))) return undefined;

  try {
    const partitionKeys = readPartitionKeys(message);
    // Decodes each once, so that what cannot be decoded is found before any is used.
    let count = 0;
    for (const _ of readUserRecords(message, partitionKeys)) count++;
    return count > 0 ? readUserRecords(message, partitionKeys) : undefined;
  } catch {
    return undefined;
  }
}

const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const MD5_BYTES = 16;

/** `AggregatedRecord { repeated string partition_key_table = 1; ...; repeated Record records = 3; }`, in any order. */
function readPartitionKeys(message: Uint8Array): string[] {
  const partitionKeys: string[] = [];
  for (const { tag, reader } of fieldsOf(message)) {
    if (tag !== lengthDelimited(1)) continue;
    const partitionKey = reader.string(true);
    if (!PARTITION_KEY.test(partitionKey)) throw new Error("Kinesis does not take this partition key");
    partitionKeys.push(partitionKey);
  }
  return partitionKeys;
}

/** @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html */
const PARTITION_KEY = /^.{1,256}$/su;

function* readUserRecords(message: Uint8Array, partitionKeys: string[]): Generator<AggregatedUserRecord> {
  for (const { tag, reader } of fieldsOf(message)) {
    if (tag === lengthDelimited(3)) yield readRecord(reader.bytes(), partitionKeys);
  }
}

/** `Record { required uint64 partition_key_index = 1; ...; required bytes data = 3; ... }` */
function readRecord(message: Uint8Array, partitionKeys: string[]): AggregatedUserRecord {
  let partitionKey: string | undefined;
  let data: Uint8Array | undefined;
  for (const { tag, reader } of fieldsOf(message)) {
    if (tag === varint(1)) partitionKey = partitionKeys[Number(reader.uint64())];
    else if (tag === lengthDelimited(3)) data = reader.bytes();
  }
  if (partitionKey === undefined || data === undefined) throw new Error("a required field is missing");
  return { partitionKey, data };
}

/** A protobuf tag is the field number and the wire type: a field of the wrong type is an unknown field. */
const varint = (field: number) => (field << 3) | WireType.Varint;
const lengthDelimited = (field: number) => (field << 3) | WireType.LengthDelimited;

/** The fields of a message, in turn. What is not read from `reader` is skipped. */
function* fieldsOf(message: Uint8Array): Generator<{ tag: number; reader: BinaryReader }> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const start = reader.pos;
    yield { tag: (field << 3) | wireType, reader };
    if (reader.pos === start) reader.skip(wireType, field);
  }
}
