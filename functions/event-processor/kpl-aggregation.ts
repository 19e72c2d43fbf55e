import { createHash } from "node:crypto";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** One of the records that the Kinesis Producer Library packed into a Kinesis record. */
export interface AggregatedUserRecord {
  partitionKey: string;
  data: Uint8Array;
}

/**
 * Takes apart an aggregate of the Kinesis Producer Library: a magic number, a protobuf message and the message's MD5.
 * Returns `undefined` for an ordinary record. A record with the magic number is ordinary, too, if its checksum is
 * wrong, it cannot be decoded, or it holds no user records.
 * @see https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 */
export function disaggregate(data: Uint8Array): AggregatedUserRecord[] | undefined {
  if (!MAGIC.equals(data.subarray(0, MAGIC.length))) return undefined;

  const message = data.subarray(MAGIC.length, -MD5_BYTES);
  if (!createHash("md5").update(message).digest().equals(data.subarray(-MD5_BYTES))) return undefined;

  try {
    const userRecords = readAggregatedRecord(message);
    return userRecords.length > 0 ? userRecords : undefined;
  } catch {
    return undefined;
  }
}

const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const MD5_BYTES = 16;

/** `AggregatedRecord { repeated string partition_key_table = 1; ...; repeated Record records = 3; }` */
function readAggregatedRecord(message: Uint8Array): AggregatedUserRecord[] {
  const partitionKeys: string[] = [];
  const records: { partitionKeyIndex: number; data: Uint8Array }[] = [];
  readFields(message, {
    [lengthDelimited(1)]: (reader) => partitionKeys.push(reader.string(true)),
    [lengthDelimited(3)]: (reader) => records.push(readRecord(reader.bytes())),
  });
  return records.map(({ partitionKeyIndex, data }) => ({
    partitionKey: required(partitionKeys[partitionKeyIndex]),
    data,
  }));
}

/** `Record { required uint64 partition_key_index = 1; ...; required bytes data = 3; ... }` */
function readRecord(message: Uint8Array) {
  let partitionKeyIndex: number | undefined;
  let data: Uint8Array | undefined;
  readFields(message, {
    [varint(1)]: (reader) => {
      partitionKeyIndex = Number(reader.uint64());
    },
    [lengthDelimited(3)]: (reader) => {
      data = reader.bytes();
    },
  });
  return { partitionKeyIndex: required(partitionKeyIndex), data: required(data) };
}

/** A protobuf tag is the field number and the wire type: a field of the wrong type is an unknown field. */
const varint = (field: number) => (field << 3) | WireType.Varint;
const lengthDelimited = (field: number) => (field << 3) | WireType.LengthDelimited;

function readFields(message: Uint8Array, read: Record<number, (reader: BinaryReader) => void>): void {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const readField = read[(field << 3) | wireType];
    if (readField) readField(reader);
    else reader.skip(wireType, field);
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a required field is missing");
  return value;
}
