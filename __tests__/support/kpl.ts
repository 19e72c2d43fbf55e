import { createHash } from "node:crypto";
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
