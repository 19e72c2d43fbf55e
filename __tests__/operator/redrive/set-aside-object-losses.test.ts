import { describe, expect, it } from "@jest/globals";
import { readSetAsideObject } from "../../../operator/redrive/set-aside-object";
import { base64, failedBatchObject, rejectedLine } from "../../support/redrive-cloud";

const REJECTED = "rejected/shardId-000000000000/2026/11/23/1-2.ndjson";
const FAILED_BATCH = "aws/lambda/m/shardId-000000000000/2026/11/23/2026-11-23T07.30.00-u";

const read = (key: string, content: string | Buffer) => readSetAsideObject(key, Buffer.from(content));
const MEBIBYTE = 1024 * 1024;
const TOO_LARGE = "the record has 1,048,577 bytes with its partition key; Kinesis takes at most 1,048,576";

describe("a line of rejected records that cannot be put back", () => {
  const without = (field: string) => rejectedLine("x").replace(`"${field}"`, '"other"');
  it.each([
    ["is not JSON", "{secret\n", "line 3 is not JSON"],
    ["has no data", without("data"), "line 3: data: is missing"],
    [
      "has data that is not Base64",
      rejectedLine("x").replace(base64("x"), "s!cr"),
      "line 3: data: must be Base64",
    ],
    [
      "has a time that is none",
      rejectedLine("x").replace("2026-11", "secret"),
      "line 3: approximateArrivalTimestamp: must be an ISO 8601 time",
    ],
    ["has an empty reason", rejectedLine("x", { reason: "" }), "line 3: reason: must not be empty"],
    [
      "has an empty partition key",
      rejectedLine("x", { partitionKey: "" }),
      "line 3: the partition key has 0 characters; Kinesis takes 1 to 256",
    ],
    [
      "has a partition key that is too long",
      rejectedLine("x", { partitionKey: "k".repeat(257) }),
      "line 3: the partition key has 257 characters; Kinesis takes 1 to 256",
    ],
    [
      "is over Kinesis's limit by one byte",
      rejectedLine("x".repeat(MEBIBYTE - 3), { partitionKey: "кл" }),
      `line 3: ${TOO_LARGE}`,
    ],
  ])(
    "because it %s is skipped, stays byte for byte, and takes no other with it",
    async (_, line, problem) => {
      const object = await read(REJECTED, `${rejectedLine("one")}\n${line}${rejectedLine("three")}`);
      expect(object.skipped).toEqual([problem]);
      expect(object.records.map(({ where, data }) => [where, data])).toEqual([
        ["line 1", base64("one")],
        ["line 4", base64("three")],
      ]);
      expect(Buffer.from(object.without(new Set(object.records))).toString()).toBe(line);
      expect(Buffer.from(object.without(new Set())).toString()).toBe(
        rejectedLine("one") + line + rejectedLine("three"),
      );
    },
  );

  it.each([
    ["has a megabyte with its partition key", "x".repeat(MEBIBYTE - 3), "ada"],
    ["has a partition key of 256 characters", "", "👋".repeat(256)],
    ["has a partition key of one character", "", "👋"],
  ])("is not one that %s", async (_, text, partitionKey) => {
    const object = await read(REJECTED, rejectedLine(text, { partitionKey }));
    expect(object.skipped).toEqual([]);
    expect(object.records[0]).toMatchObject({ partitionKey, data: base64(text) });
  });

  it("is skipped even if it is the only one: the object is understood", async () => {
    const object = await read(REJECTED, rejectedLine("x".repeat(MEBIBYTE - 2)));
    expect(object).toMatchObject({ records: [], skipped: [`line 1: ${TOO_LARGE}`] });
  });
});

describe("a record of a failed batch that cannot be put back", () => {
  const records = (text: string) => JSON.parse(JSON.parse(text).payload).Records;
  const batchWith = (record: unknown) => {
    const batch = JSON.parse(failedBatchObject(["one", "two", "three"]));
    const Records = records(failedBatchObject(["one", "two", "three"]));
    Records[1] = record;
    return JSON.stringify({ ...batch, payload: JSON.stringify({ Records }) });
  };

  it.each([
    ["is no record", "secret", "record 2: the event: must be Object"],
    ["has no data", { eventID: "e", kinesis: { partitionKey: "k" } }, "record 2: kinesis.data: is missing"],
    [
      "is over Kinesis's limit by one byte",
      records(failedBatchObject(["x".repeat(MEBIBYTE - 4)]))[0],
      `record 2: ${TOO_LARGE}`,
    ],
  ])("because it %s is skipped, stays, and takes no other with it", async (_, record, problem) => {
    const object = await read(FAILED_BATCH, batchWith(record));
    expect(object.skipped).toEqual([problem]);
    expect(object.records.map(({ where, data }) => [where, data])).toEqual([
      ["record 1", base64("one")],
      ["record 3", base64("three")],
    ]);
    const rest = Buffer.from(object.without(new Set(object.records))).toString();
    expect(records(rest)).toEqual([record]);
    expect({ ...JSON.parse(rest), payload: "" }).toEqual({ ...JSON.parse(batchWith(record)), payload: "" });
  });
});
