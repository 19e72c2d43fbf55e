import { createHash } from "node:crypto";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "@jest/globals";
import { disaggregate } from "../../events/kpl-aggregation";
import { aggregate, frame } from "../support/kpl";

const disaggregated = (data: Uint8Array) => {
  const records = disaggregate(data);
  return records && [...records];
};
const text = (records: ReturnType<typeof disaggregated>) =>
  records?.map(({ partitionKey, data }) => [partitionKey, Buffer.from(data).toString()]);

describe("disaggregate", () => {
  it("takes apart what a KPL-compatible producer aggregated, in its order", async () => {
    const data = await aggregate([
      { partitionKey: "ada", data: "first" },
      { partitionKey: "名前", data: "第二 😀" },
      { partitionKey: "ada", data: "third" },
    ]);

    expect(text(disaggregated(data))).toEqual([
      ["ada", "first"],
      ["名前", "第二 😀"],
      ["ada", "third"],
    ]);
  });

  it("takes apart a thousand records with as many partition keys", async () => {
    const records = Array.from({ length: 1000 }, (_, n) => ({ partitionKey: `key-${n}`, data: `data-${n}` }));

    expect(text(disaggregated(await aggregate(records)))).toEqual(
      records.map(({ partitionKey, data }) => [partitionKey, data]),
    );
  });

  it("ignores explicit hash keys, tags and unknown fields", () => {
    const message = new BinaryWriter()
      .tag(3, WireType.LengthDelimited)
      .bytes(
        new BinaryWriter()
          .tag(1, WireType.Varint)
          .uint64(0)
          .tag(2, WireType.Varint)
          .uint64(0)
          .tag(3, WireType.LengthDelimited)
          .bytes(Buffer.from("data"))
          .tag(4, WireType.LengthDelimited)
          .bytes(Buffer.from([0x0a, 0x01, 0x61]))
          .tag(9, WireType.Bit64)
          .fixed64(7)
          .finish(),
      )
      .tag(1, WireType.LengthDelimited)
      .string("ada")
      .tag(2, WireType.LengthDelimited)
      .string("123")
      .tag(8, WireType.Varint)
      .uint64(1)
      .finish();

    expect(text(disaggregated(frame(message)))).toEqual([["ada", "data"]]);
  });

  it("takes partition keys of 256 characters, whatever their code units", () => {
    for (const key of ["a".repeat(256), "😀".repeat(256), "a\nb"])
      expect(text(disaggregated(frame(recordMessage({ keys: [key], index: 0 }))))).toEqual([[key, "data"]]);
  });

  it("takes apart only the outer record of what was aggregated twice", async () => {
    const inner = await aggregate([{ partitionKey: "ada", data: "first" }]);
    const outer = await aggregate([{ partitionKey: "grace", data: inner }]);

    expect(disaggregated(outer)).toEqual([{ partitionKey: "grace", data: inner }]);
  });
});

describe("disaggregate takes for an ordinary record", () => {
  it.each([
    ["an event", Buffer.from('{"id":"1"}')],
    ["no data", Buffer.alloc(0)],
    ["the magic number alone", Buffer.from([0xf3, 0x89, 0x9a, 0xc2])],
    ["an aggregate without records", frame(new BinaryWriter().finish())],
    ["the right checksum of no protobuf message", frame(Buffer.from("\x0a\xff not protobuf", "latin1"))],
    ["a record whose partition key is not in the table", frame(recordMessage({ keys: ["ada"], index: 1 }))],
    ["a record whose index is beyond any table", frame(recordMessage({ keys: ["ada"], index: 2 ** 53 }))],
    ["a record without data", frame(recordMessage({ keys: ["ada"], index: 0, data: null }))],
    ["a record without a partition key index", frame(recordMessage({ keys: ["ada"], index: null }))],
    [
      "a partition key of more than 256 characters",
      frame(recordMessage({ keys: ["a".repeat(257)], index: 0 })),
    ],
    ["an empty partition key, used or not", frame(recordMessage({ keys: ["ada", ""], index: 0 }))],
    [
      "a partition key that is not UTF-8",
      frame(Buffer.concat([Buffer.from([0x0a, 0x01, 0xff]), recordMessage({ keys: [], index: 0 })])),
    ],
  ])("%s", (_, data) => {
    expect(disaggregated(data)).toBeUndefined();
  });

  it("an aggregate with a wrong checksum", async () => {
    const data = await aggregate([{ partitionKey: "ada", data: "first" }]);
    data.writeUInt8(data.readUInt8(data.length - 1) ^ 1, data.length - 1);

    expect(disaggregated(data)).toBeUndefined();
  });

  it("an aggregate that is cut off", async () => {
    const data = await aggregate([{ partitionKey: "ada", data: "first" }]);

    for (let length = 0; length < data.length; length++) {
      expect(disaggregated(data.subarray(0, length))).toBeUndefined();
    }
  });

  it("an aggregate whose checksum covers the magic number, too", () => {
    const message = recordMessage({ keys: ["ada"], index: 0 });
    const framed = Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message]);

    expect(disaggregated(frame(message))).toEqual([{ partitionKey: "ada", data: Buffer.from("data") }]);
    expect(disaggregated(Buffer.concat([framed, createHash("md5").update(framed).digest()]))).toBeUndefined();
  });
});

/** An `AggregatedRecord` of one record, in which anything may be wrong or missing. */
function recordMessage(values: { keys: string[]; index: number | null; data?: string | null }): Uint8Array {
  const { keys, index, data = "data" } = values;
  const record = new BinaryWriter();
  if (index !== null) record.tag(1, WireType.Varint).uint64(index);
  if (data !== null) record.tag(3, WireType.LengthDelimited).bytes(Buffer.from(data));
  const message = new BinaryWriter();
  for (const key of keys) message.tag(1, WireType.LengthDelimited).string(key);
  return message.tag(3, WireType.LengthDelimited).bytes(record.finish()).finish();
}
