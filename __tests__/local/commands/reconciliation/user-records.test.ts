import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { userRecordsOf } from "../../../../local/commands/reconciliation/user-records";
import { aggregate, frame } from "../../../support/kpl";

describe("the user records of an aggregate", () => {
  it("are its records in order, each with its own partition key", async () => {
    const records = [
      { partitionKey: "ada", data: Buffer.from("1") },
      { partitionKey: "bob", data: Buffer.from([0xff, 0x00]) },
      { partitionKey: "ada", data: Buffer.from("") },
    ];
    expect(userRecordsOf(await aggregate(records))).toEqual(records);
  });

  it("are taken from a view of a larger buffer", async () => {
    const data = await aggregate([{ partitionKey: "ada", data: "1" }]);
    const larger = Buffer.concat([Buffer.from("before"), data, Buffer.from("after")]);
    const view = new Uint8Array(larger.buffer, larger.byteOffset + 6, data.length);
    expect(userRecordsOf(view)).toEqual([{ partitionKey: "ada", data: Buffer.from("1") }]);
  });
});

describe("an ordinary record", () => {
  it.each([
    ["JSON", Buffer.from("{}")],
    ["empty", Buffer.alloc(0)],
    ["only the magic number", Buffer.from([0xf3, 0x89, 0x9a, 0xc2])],
    ["an aggregate without records", frame(new Uint8Array())],
    ["an aggregate of bytes that are not protobuf", frame(Buffer.from([0xff]))],
    // Record 3 { partition key 5 of a table of none, data "1" }
    ["an aggregate whose record has no partition key", frame(Buffer.from([0x1a, 5, 0x08, 5, 0x1a, 1, 0x31]))],
  ])("is one that is %s", (_name, data) => {
    expect(userRecordsOf(data)).toBeUndefined();
  });

  it("is an aggregate with a wrong checksum, or without the magic number", async () => {
    const data = await aggregate([{ partitionKey: "ada", data: "1" }]);
    const last = data.length - 1;
    const changed = (index: number) => Buffer.from(data.map((byte, i) => (i === index ? byte ^ 1 : byte)));
    expect(userRecordsOf(changed(last))).toBeUndefined();
    expect(userRecordsOf(changed(0))).toBeUndefined();
    expect(createHash("md5").update(data.subarray(4, -16)).digest()).toEqual(data.subarray(-16));
  });
});
