import { createHash } from "node:crypto";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { aggregate as aggregateWithKpl } from "aws-kinesis-agg";

/** Aggregates records with Amazon's own library. */
export function aggregate(records: { partitionKey: string; data: string | Buffer }[]): Promise<Buffer> {
  const aggregates: Buffer[] = [];
  return new Promise((resolve, reject) => {
    aggregateWithKpl(
      records.map(({ partitionKey, data }) => ({ partitionKey, data: Buffer.from(data) })),
      (encoded, done) => {
        aggregates.push(encoded.data);
        done();
      },
      () => {
        const [only, ...others] = aggregates;
        if (only && others.length === 0) resolve(only);
        else reject(new Error(`The records make ${aggregates.length} aggregates, not one.`));
      },
      reject,
    );
  });
}

/** Frames a protobuf message as an aggregated record: magic number, message, checksum. */
export function frame(message: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from([0xf3, 0x89, 0x9a, 0xc2]),
    message,
    createHash("md5").update(message).digest(),
  ]);
}

/** An aggregate with one partition key, which need not obey a limit of the library. */
export function aggregateOf(data: Iterable<string>, partitionKey = "ada"): Buffer {
  return aggregateRecords(Array.from(data, (text) => ({ partitionKey, data: Buffer.from(text) })));
}

/** An aggregate with any partition keys; Amazon's own library confuses some, such as `a` and `1`. */
export function aggregateRecords(records: readonly { partitionKey: string; data: Uint8Array }[]): Buffer {
  const keys = new Map<string, number>();
  const message = new BinaryWriter();
  for (const { partitionKey, data } of records) {
    const index = keys.get(partitionKey) ?? keys.size;
    keys.set(partitionKey, index);
    const record = new BinaryWriter().tag(1, WireType.Varint).uint64(index);
    record.tag(3, WireType.LengthDelimited).bytes(data);
    message.tag(3, WireType.LengthDelimited).bytes(record.finish());
  }
  for (const key of keys.keys()) message.tag(1, WireType.LengthDelimited).string(key);
  return frame(message.finish());
}
