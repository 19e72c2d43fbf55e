import { expect, it } from "@jest/globals";
import { partitionKeyLength, recordBytes } from "../../kinesis-writer/stream-record";

it("a partition key is as long as it has Unicode characters", () => {
  expect(partitionKeyLength("")).toBe(0);
  expect(partitionKeyLength("adé")).toBe(3);
  expect(partitionKeyLength("🦋🦋")).toBe(2);
});

it("a record is as large as its data and its partition key have bytes", () => {
  expect(recordBytes({ partitionKey: "é🦋", data: Buffer.from("é!") })).toBe(2 + 4 + 3);
});
