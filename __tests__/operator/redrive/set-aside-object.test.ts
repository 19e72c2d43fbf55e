import { describe, expect, it } from "@jest/globals";
import { readSetAsideObject } from "../../../operator/redrive/set-aside-object";
import { base64, failedBatchObject, rejectedLine } from "../../support/redrive-cloud";

const REJECTED = "rejected/shardId-000000000000/2026/11/23/1-2.ndjson";
const FAILED_BATCH = "aws/lambda/m/shardId-000000000000/2026/11/23/2026-11-23T07.30.00-u";

const read = (key: string, content: string | Buffer) => readSetAsideObject(key, Buffer.from(content));
const arrivedAt = Date.parse("2026-11-23T07:03:00Z");

describe("an object of rejected records", () => {
  it("has one record per line, and the last line may lack its line feed", async () => {
    const content =
      rejectedLine("one", { minute: 3 }) + rejectedLine("two", { reason: "item-too-large" }).trimEnd();
    expect((await read(REJECTED, content)).records).toEqual([
      { reason: "invalid-json", arrivedAt, partitionKey: "ada", data: base64("one") },
      { reason: "item-too-large", arrivedAt: arrivedAt - 180_000, partitionKey: "ada", data: base64("two") },
    ]);
  });

  it("may have a reason that only an earlier version of the event processor gave", async () => {
    const object = await read(REJECTED, rejectedLine("one", { reason: "refused-by-dynamodb" }));
    expect(object.records[0]?.reason).toBe("refused-by-dynamodb");
  });

  it("keeps the lines that stay byte for byte, whatever else they hold", async () => {
    const other = rejectedLine("two").replace("{", '{ "from":"a later version", ');
    const object = await read(REJECTED, rejectedLine("one") + other + rejectedLine("three"));
    const [first, , third] = object.records;
    const taken = new Set([first, third].flatMap((record) => record ?? []));
    expect(Buffer.from(object.without(taken)).toString()).toBe(other);
  });

  it("holds a record of a megabyte", async () => {
    const text = "x".repeat(1024 * 1024);
    expect((await read(REJECTED, rejectedLine(text))).records[0]?.data).toBe(base64(text));
  });
});

describe("an object of Lambda's", () => {
  it("has the records of the event in it, and its condition as their reason", async () => {
    const content = failedBatchObject(["one", "two"], { condition: "RecordAgeExceeded", minute: 3 });
    expect((await read(FAILED_BATCH, content)).records).toEqual([
      { reason: "RecordAgeExceeded", arrivedAt, partitionKey: "grace", data: base64("one") },
      { reason: "RecordAgeExceeded", arrivedAt, partitionKey: "grace", data: base64("two") },
    ]);
  });

  it("stays what it is when records are taken out of it", async () => {
    const object = await read(FAILED_BATCH, failedBatchObject(["one", "two", "three"]));
    const [, second] = object.records;
    const rest = Buffer.from(object.without(new Set(second ? [second] : []))).toString();
    const { payload, ...others } = JSON.parse(rest);
    const { payload: before, ...othersBefore } = JSON.parse(failedBatchObject(["one", "two", "three"]));
    expect(others).toEqual(othersBefore);
    expect(JSON.parse(payload).Records).toEqual(
      JSON.parse(before).Records.filter((_: unknown, index: number) => index !== 1),
    );
    expect((await read(FAILED_BATCH, rest)).records.map(({ data }) => data)).toEqual([
      base64("one"),
      base64("three"),
    ]);
  });
});

describe("an object that is not understood", () => {
  const without = (field: string) => rejectedLine("x").replace(`"${field}"`, '"other"');
  it.each([
    ["no records", REJECTED, "\n", "it holds no records"],
    ["a line that is not JSON", REJECTED, `${rejectedLine("x")}{secret\n`, "line 2 is not JSON"],
    [
      "a line that is not JSON behind an empty one",
      REJECTED,
      `${rejectedLine("x")}\n{secret\n`,
      "line 3 is not JSON",
    ],
    ["bytes that are not UTF-8", REJECTED, Buffer.from([0x22, 0xff, 0x22]), "line 1 is not JSON"],
    ["no data", REJECTED, without("data"), "line 1: data: is missing"],
    [
      "data that is not Base64",
      REJECTED,
      rejectedLine("x").replace(base64("x"), "s!cr"),
      "line 1: data: must be Base64",
    ],
    [
      "a time that is none",
      REJECTED,
      rejectedLine("x").replace("2026-11", "secret"),
      "line 1: approximateArrivalTimestamp: must be an ISO 8601 time",
    ],
    ["an empty reason", REJECTED, rejectedLine("x", { reason: "" }), "line 1: reason: must not be empty"],
    [
      "an empty partition key",
      REJECTED,
      rejectedLine("x", { partitionKey: "" }),
      "line 1: the partition key has 0 characters; Kinesis takes 1 to 256",
    ],
    [
      "a partition key that is too long",
      REJECTED,
      rejectedLine("x", { partitionKey: "k".repeat(257) }),
      "line 1: the partition key has 257 characters; Kinesis takes 1 to 256",
    ],
    [
      "no condition",
      FAILED_BATCH,
      '{"requestContext":{},"payload":"secret"}',
      "the object: requestContext.condition: is missing",
    ],
    [
      "a payload that is not JSON",
      FAILED_BATCH,
      '{"requestContext":{"condition":"c"},"payload":"secret"}',
      "the object: payload: must be JSON",
    ],
    [
      "a payload that is no event of Kinesis",
      FAILED_BATCH,
      '{"requestContext":{"condition":"c"},"payload":"{}"}',
      "the object: payload.Records: is missing",
    ],
  ])("has %s: the message says where and what, and quotes nothing", async (_, key, content, message) => {
    const reading = read(key, content);
    await expect(reading).rejects.toThrow(expect.objectContaining({ name: "NotUnderstoodError" }));
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.not.toThrow(/secret|s!cr/);
  });
});
