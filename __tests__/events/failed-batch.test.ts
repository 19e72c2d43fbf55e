import { describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { FAILED_BATCHES_PREFIX, FailedBatch } from "../../events/failed-batch";
import { brokenRule } from "../../events/parse-event";

const record = {
  eventID: "shardId-000000000000:49545115243490985018280067714973144582180062593244200961",
  eventName: "aws:kinesis:record",
  kinesis: {
    partitionKey: "ada",
    data: "eyJ7",
    approximateArrivalTimestamp: 1_795_418_517.125,
    sequenceNumber: "49545115243490985018280067714973144582180062593244200961",
  },
};

/** A failed batch as Lambda writes it, cut down to what says something. */
const batch = (payload: unknown, condition: unknown = "RetryAttemptsExhausted") => ({
  version: "1.0",
  requestContext: { condition, approximateInvokeCount: 31 },
  payload,
});
const payload = (value: unknown) => JSON.stringify(value);

function brokenRuleOf(value: unknown): string {
  const parsed = v.safeParse(FailedBatch, value);
  return parsed.success ? "none" : brokenRule(parsed.issues[0]);
}

describe("FailedBatch", () => {
  it("is what Lambda writes, with its payload parsed, and fields that nobody asked for kept", () => {
    const parsed = v.parse(FailedBatch, batch(payload({ Records: [record, record] })));

    expect(parsed).toEqual({ ...batch({ Records: [record, record] }) });
  });

  it("takes any condition, and a batch of no records", () => {
    const value = batch(payload({ Records: [] }), "RecordAgeExceeded");

    expect(v.parse(FailedBatch, value).requestContext.condition).toBe("RecordAgeExceeded");
    expect(v.parse(FailedBatch, value).payload.Records).toEqual([]);
  });

  it("is below the prefix that Lambda gives it, which the event processor does not write to", () => {
    expect(FAILED_BATCHES_PREFIX).toBe("aws/lambda/");
  });

  it.each([
    ["requestContext: is missing", { payload: payload({ Records: [] }) }],
    ["requestContext.condition: is missing", { requestContext: {}, payload: payload({ Records: [] }) }],
    ["requestContext.condition: must not be empty", batch(payload({ Records: [] }), "")],
    ["payload: is missing", batch(undefined)],
    ["payload: must be string", batch({ Records: [] })],
    ["payload: must be JSON", batch("{")],
    ["payload.Records: is missing", batch(payload({}))],
    ["payload.Records: must be Array", batch(payload({ Records: {} }))],
    ["payload.Records.0.eventID: is missing", batch(payload({ Records: [{ kinesis: record.kinesis }] }))],
    ["payload.Records.1.kinesis: is missing", batch(payload({ Records: [record, { eventID: "" }] }))],
    [
      "payload.Records.0.kinesis.data: must be Base64",
      batch(payload({ Records: [{ ...record, kinesis: { ...record.kinesis, data: "{" } }] })),
    ],
    [
      "payload.Records.0.kinesis.partitionKey: must be string",
      batch(payload({ Records: [{ ...record, kinesis: { ...record.kinesis, partitionKey: 7 } }] })),
    ],
    [
      "payload.Records.0.kinesis.approximateArrivalTimestamp: must be number",
      batch(
        payload({
          Records: [{ ...record, kinesis: { ...record.kinesis, approximateArrivalTimestamp: "7" } }],
        }),
      ),
    ],
  ])("says what is wrong with another object: %s", (rule, value) => {
    expect(brokenRuleOf(value)).toBe(rule);
  });
});
