import { describe, expect, it } from "@jest/globals";
import type { KinesisStreamRecord } from "aws-lambda";
import { decodeRecord } from "../../../functions/event-processor/record-decoder";
import { kinesisRecord, SHARD_ID, STREAM_ARN } from "../../support/kinesis-event";
import { aggregate } from "../../support/kpl";
import { post } from "../../support/posts";

const source = {
  streamArn: STREAM_ARN,
  shardId: SHARD_ID,
  sequenceNumber: "7",
  partitionKey: "ada",
  arrivedAt: new Date("2026-11-23T07:21:57.125Z"),
};

const decode = (record: KinesisStreamRecord) => decodeRecord(record, 0);

describe("decodeRecord", () => {
  it("decodes an event to its item, and says where it came from", () => {
    const data = Buffer.from(JSON.stringify(post({ text: "שלום 前 👩‍👧" })));

    expect(decode(kinesisRecord(data, { sequenceNumber: "7" }))).toEqual([
      {
        record: { ...source, data },
        item: {
          Username: "ada",
          Id: "1",
          Timestamp: "2026-11-23T07:21:57Z",
          Message: "שלום 前 👩‍👧",
          Source: "test",
        },
      },
    ]);
  });

  it("decodes a raw tweet", () => {
    const tweet = {
      id_str: "9",
      created_at: "Sun Aug 31 00:29:15 +0000 2014",
      text: "Hi",
      user: { screen_name: "ada" },
    };

    expect(decode(kinesisRecord(tweet))).toMatchObject([
      {
        item: {
          Username: "ada",
          Id: "9",
          Timestamp: "2014-08-31T00:29:15.000Z",
          Message: "Hi",
          Source: "twitter",
        },
      },
    ]);
  });

  it("lets an item expire timeToLiveDays after its record's arrival, at a whole second", () => {
    expect(decodeRecord(kinesisRecord(post()), 30)).toMatchObject([
      { item: { ExpiresAt: 1_795_418_517 + 30 * 86_400 } },
    ]);
  });

  it("never lets an item expire when the time to live is 0 days", () => {
    const [decoded] = decodeRecord(kinesisRecord(post()), 0);
    expect(decoded).toHaveProperty("item");
    expect(decoded).not.toHaveProperty("item.ExpiresAt");
  });

  it("gives the arrival to the millisecond", () => {
    for (const milliseconds of [0, 1, 57, 999]) {
      const arrival = 1_545_084_650 + milliseconds / 1000;
      const [decoded] = decode(kinesisRecord(post(), { arrival }));
      expect(decoded?.record.arrivedAt.getTime()).toBe(1_545_084_650_000 + milliseconds);
    }
  });
});

describe("decodeRecord, for a record that can never be stored,", () => {
  it("rejects what is not an event, with its bytes as they came", () => {
    const data = Buffer.from([0xff, 0x00]);

    expect(decode(kinesisRecord(data, { sequenceNumber: "7" }))).toEqual([
      { record: { ...source, data }, reason: "invalid-utf8", detail: "the 2 bytes are not UTF-8" },
    ]);
  });

  it("rejects an event whose item or key is over DynamoDB's limits", () => {
    expect(decode(kinesisRecord(post({ text: "x".repeat(409_600) })))).toMatchObject([
      { reason: "item-too-large", detail: expect.stringMatching(/^the item: \d+ bytes/) },
    ]);
    expect(decode(kinesisRecord(post({ id: "x".repeat(1025) })))).toMatchObject([
      { reason: "item-too-large", detail: "id: 1025 bytes; a sort key has at most 1024" },
    ]);
  });
});

describe("decodeRecord, for a KPL-aggregated record,", () => {
  it("takes it apart: each user record is stored or rejected by itself", async () => {
    const good = JSON.stringify(post({ id: "a", username: "grace" }));
    const data = await aggregate([
      { partitionKey: "grace", data: good },
      { partitionKey: "alan", data: "not JSON" },
    ]);

    expect(decode(kinesisRecord(data, { sequenceNumber: "7" }))).toEqual([
      {
        record: { ...source, partitionKey: "grace", subSequenceNumber: 0, data: Buffer.from(good) },
        item: expect.objectContaining({ Username: "grace", Id: "a" }),
      },
      {
        record: { ...source, partitionKey: "alan", subSequenceNumber: 1, data: Buffer.from("not JSON") },
        reason: "invalid-json",
        detail: "the 8 bytes are not JSON",
      },
    ]);
  });

  it("rejects it as one record if its checksum is wrong", async () => {
    const data = await aggregate([{ partitionKey: "grace", data: JSON.stringify(post()) }]);
    data.writeUInt8(data.readUInt8(data.length - 1) ^ 1, data.length - 1);

    expect(decode(kinesisRecord(data, { sequenceNumber: "7" }))).toEqual([
      {
        record: { ...source, data },
        reason: "invalid-utf8",
        detail: `the ${data.length} bytes are not UTF-8`,
      },
    ]);
  });
});
