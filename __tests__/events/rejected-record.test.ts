import { describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { brokenRule } from "../../events/parse-event";
import { REJECTED_RECORDS_PREFIX, RejectedRecord } from "../../events/rejected-record";

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

  it("is below a prefix of its own", () => {
    expect(REJECTED_RECORDS_PREFIX).toBe("rejected/");
  });

  it.each([
    ["reason: must not be empty", { reason: "" }],
    ["reason: must be string", { reason: 7 }],
    ["detail: is missing", { detail: undefined }],
    ["streamArn: is missing", { streamArn: undefined }],
    ["shardId: is missing", { shardId: undefined }],
    ["sequenceNumber: must be string", { sequenceNumber: 7 }],
    ["partitionKey: is missing", { partitionKey: undefined }],
    ["processorVersion: is missing", { processorVersion: undefined }],
    ["approximateArrivalTimestamp: must be an ISO 8601 time", { approximateArrivalTimestamp: "1795418517" }],
    ["subSequenceNumber: must be number", { subSequenceNumber: "1" }],
    ["data: must be Base64", { data: "{}==" }],
    ["data: must be Base64", { data: "=eyJ" }],
    ["data: must be Base64", { data: "e===" }],
    ["data: must be Base64", { data: "eyJ7e" }],
    ["data: must be Base64", { data: " eyJ7ey" }],
    ["data: must be Base64", { data: "eyJ7ey\n\n" }],
  ])("says what is wrong with another line: %s", (rule, values) => {
    const parsed = v.safeParse(RejectedRecord, { ...record, ...values });
    expect(parsed.success ? "none" : brokenRule(parsed.issues[0])).toBe(rule);
  });

  it.each([-1, 0.5])("has no position such as %d", (subSequenceNumber) => {
    expect(v.is(RejectedRecord, { ...record, subSequenceNumber })).toBe(false);
  });
});
