import { describe, expect, it } from "@jest/globals";
import type { KinesisStreamRecord } from "aws-lambda";
import { decodeRecord } from "../../../functions/event-processor/record-decoder";
import { kinesisRecord, SHARD_ID, STREAM_ARN } from "../../support/kinesis-event";
import { aggregate, aggregateOf } from "../../support/kpl";
import { post } from "../../support/posts";

const source = {
  streamArn: STREAM_ARN,
  shardId: SHARD_ID,
  sequenceNumber: "7",
  partitionKey: "ada",
  arrivedAt: new Date("2026-11-23T07:21:57.125Z"),
};

const decode = (record: KinesisStreamRecord, timeToLiveDays = 0) => {
  const { storable, rejections } = decodeRecord(record, timeToLiveDays);
  return [...storable, ...rejections];
};

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
    expect(decode(kinesisRecord(post()), 30)).toMatchObject([
      { item: { ExpiresAt: 1_795_418_517 + 30 * 86_400 } },
    ]);
  });

  it("never lets an item expire when the time to live is 0 days", () => {
    const [decoded] = decode(kinesisRecord(post()));
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
      {
        record: { ...source, data },
        reason: "invalid-utf8",
        detail: "the 2 bytes are not UTF-8",
        userRecords: 1,
      },
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
        userRecords: 1,
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
        userRecords: 1,
      },
    ]);
  });
});

describe("decodeRecord, for an aggregate with many rejected user records,", () => {
  const event = (id: string) => JSON.stringify(post({ id }));
  const times = (count: number, data: string): string[] => Array(count).fill(data);
  const decodeAggregate = (data: string[]) => {
    const bytes = aggregateOf(data);
    return { bytes, ...decodeRecord(kinesisRecord(bytes, { sequenceNumber: "7" }), 0) };
  };

  it("rejects each by itself as long as they take at most four times the aggregate's room", () => {
    const { rejections } = decodeAggregate([event("a"), ...times(5, "bad")]);

    expect(rejections.map(({ record, userRecords }) => [record.subSequenceNumber, userRecords])).toEqual(
      [1, 2, 3, 4, 5].map((position) => [position, 1]),
    );
  });

  it("rejects it as a whole, once, if they take more, and stores what it can", () => {
    const { bytes, ...decoded } = decodeAggregate([event("a"), "{", "[", ...times(98, "7"), event("b")]);

    expect(decoded).toMatchObject({ userRecords: 102, skipped: 0 });
    expect(decoded.storable.map(({ item }) => item.Id)).toEqual(["a", "b"]);
    expect(decoded.rejections).toEqual([
      {
        record: { ...source, data: bytes },
        reason: "invalid-json",
        detail: "100 of 102 user records; the first: the 1 bytes are not JSON",
        userRecords: 100,
      },
    ]);
  });

  it("draws the line at four times the room, of the data as Base64 and 500 bytes more for each", () => {
    // 4 * (500 + 3 + 4/3 * size) is the room of the aggregate, and 500 + 3 + 4/3 * 3 that of each user record.
    const rejectionsOf = (count: number) => decodeAggregate(times(count, "bad")).rejections.length;

    expect([3, 4, 5].map(rejectionsOf)).toEqual([3, 4, 1]);
  });
});

describe("decodeRecord, for what a stream says besides tweets,", () => {
  it("counts it, and neither stores nor rejects it", async () => {
    expect(decodeRecord(kinesisRecord({ limit: { track: 7 } }), 0)).toEqual({
      userRecords: 1,
      storable: [],
      rejections: [],
      skipped: 1,
    });
    expect(
      decodeRecord(kinesisRecord(aggregateOf(['{"delete":{}}', '{"warning":{}}', "bad"])), 0),
    ).toMatchObject({ userRecords: 3, skipped: 2, rejections: [{ record: { subSequenceNumber: 2 } }] });
  });
});
