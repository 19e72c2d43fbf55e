import { deaggregateSync } from "aws-kinesis-agg";

/** What a producer put on the stream: a record of its own, or one of those in an aggregate. */
export interface UserRecord {
  partitionKey: string;
  data: Buffer;
}

/**
 * Takes an aggregate of the Kinesis Producer Library apart, in the order in which its records were put. This uses
 * Amazon's own library, and so finds a mistake in the function's decoder.
 * @returns undefined if the data is an ordinary record: not an aggregate, or one that cannot be read
 */
export function userRecordsOf(data: Uint8Array): UserRecord[] | undefined {
  if (!MAGIC.equals(data.subarray(0, MAGIC.length))) return undefined;

  let records: UserRecord[] | undefined;
  // The library reports an error and the result through the same callback.
  deaggregateSync(payload(data), true, (error, userRecords) => {
    if (!error && userRecords)
      records = userRecords.map(({ partitionKey, data }) => ({
        partitionKey,
        data: Buffer.from(data, "base64"),
      }));
  });
  const isReadable = records?.every(({ partitionKey }) => typeof partitionKey === "string");
  return records && records.length > 0 && isReadable ? records : undefined;
}

/** @see https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md */
const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);

/** The record as the library takes it; it reads nothing but the data. */
function payload(data: Uint8Array): Parameters<typeof deaggregateSync>[0] {
  return {
    data: Buffer.from(data).toString("base64"),
    partitionKey: "",
    sequenceNumber: "",
    kinesisSchemaVersion: "1.0",
    approximateArrivalTimestamp: 0,
  };
}
