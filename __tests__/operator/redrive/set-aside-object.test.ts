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
      { where: "line 1", reason: "invalid-json", arrivedAt, partitionKey: "ada", data: base64("one") },
      {
        where: "line 2",
        reason: "item-too-large",
        arrivedAt: arrivedAt - 180_000,
        partitionKey: "ada",
        data: base64("two"),
      },
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
});

describe("an object of Lambda's", () => {
  it("has the records of the event in it, and its condition as their reason", async () => {
    const content = failedBatchObject(["one", "two"], { condition: "RecordAgeExceeded", minute: 3 });
    expect((await read(FAILED_BATCH, content)).records).toEqual([
      {
        where: "record 1",
        reason: "RecordAgeExceeded",
        arrivedAt,
        partitionKey: "grace",
        data: base64("one"),
      },
      {
        where: "record 2",
        reason: "RecordAgeExceeded",
        arrivedAt,
        partitionKey: "grace",
        data: base64("two"),
      },
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
  it.each([
    ["no lines", REJECTED, "\n", "it holds no records"],
    ["no line that is a rejected record", REJECTED, "\n{secret\n[]\n", "line 2 is not JSON"],
    ["bytes that are not UTF-8", REJECTED, Buffer.from([0x22, 0xff, 0x22]), "line 1 is not JSON"],
    ["no JSON", FAILED_BATCH, "{secret", "the object is not JSON"],
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
    ["no records", FAILED_BATCH, failedBatchObject([]), "it holds no records"],
    [
      "no record that is one of Kinesis",
      FAILED_BATCH,
      failedBatchObject(["x"]).replace("partitionKey", "other"),
      "record 1: kinesis.partitionKey: is missing",
    ],
  ])("has %s: the message says where and what, and quotes nothing", async (_, key, content, message) => {
    const reading = read(key, content);
    await expect(reading).rejects.toThrow(expect.objectContaining({ name: "NotUnderstoodError", message }));
  });
});
