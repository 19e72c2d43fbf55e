import { describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { RejectedRecord } from "../../events/rejected-record";

const record = {
  reason: "invalid-json",
  detail: "the 3 bytes are not JSON",
  streamArn: "arn:aws:kinesis:eu-west-1:123456789012:stream/test",
  shardId: "shardId-000000000000",
  sequenceNumber: "49545115243490985018280067714973144582180062593244200961",
  partitionKey: "ada",
  approximateArrivalTimestamp: "2026-11-23T07:21:57.125Z",
  data: "eyJ7",
  processorVersion: "1.0.0",
};

describe("RejectedRecord", () => {
  it("takes a line of the failure bucket, of an ordinary or of an aggregated record", () => {
    expect(v.parse(RejectedRecord, record)).toEqual(record);
    expect(v.parse(RejectedRecord, { ...record, subSequenceNumber: 0 })).toEqual({
      ...record,
      subSequenceNumber: 0,
    });
  });

  it("takes any reason, so that records of earlier versions of the event processor can be put back", () => {
    const earlier = { ...record, reason: "refused-by-dynamodb" };
    expect(v.parse(RejectedRecord, earlier)).toEqual(earlier);
  });

  it("takes data of every length up to the largest record that a stream can hold", () => {
    for (const length of [0, 1, 2, 3, 10 * 1024 * 1024]) {
      const data = Buffer.alloc(length, 0xfe).toString("base64");
      expect(v.is(RejectedRecord, { ...record, data })).toBe(true);
    }
  });

  it.each([
    ["an empty reason", { reason: "" }],
    ["a reason that is not text", { reason: 7 }],
    ["data that is not Base64", { data: "{}==" }],
    ["Base64 that is cut off", { data: "eyJ7e" }],
    ["an arrival that is not a time", { approximateArrivalTimestamp: "1795418517" }],
    ["a negative position", { subSequenceNumber: -1 }],
  ])("does not take %s", (_, values) => {
    expect(v.is(RejectedRecord, { ...record, ...values })).toBe(false);
  });
});
