import { describe, expect, it } from "@jest/globals";
import { answerAfter } from "../support/fault-proxy";
import { moment, until } from "../support/moment";
import { numbered, putAll, record, text, useStreamWriter } from "../support/stream-writer";

const stream = useStreamWriter();

describe("batches", () => {
  it("put at most 500 records in a call", async () => {
    const { writer } = stream.start({ concurrency: 1 });
    await putAll(writer, numbered(1001));
    expect(stream.kinesis.calls().map((call) => call.length)).toEqual([500, 500, 1]);
    expect((await stream.kinesis.records()).map(text)).toEqual(numbered(1001));
  });

  it("put at most 5 MiB in a call, partition keys included", async () => {
    const { writer } = stream.start({ concurrency: 1 });
    const mebibyte = 1024 * 1024;
    for (const [index, bytes] of [mebibyte, mebibyte, mebibyte, mebibyte, mebibyte, mebibyte - 1].entries())
      await writer.put(record(Buffer.alloc(bytes - 3, String(index)), "ada"));
    for (const bytes of [mebibyte, mebibyte, mebibyte, mebibyte, 2])
      await writer.put(record(Buffer.alloc(bytes - 1), "a"));
    await writer.close();
    const sizes = stream.kinesis
      .calls()
      .map((call) => call.map(({ partitionKey, data }) => partitionKey.length + data.length));
    expect(sizes).toEqual([
      [mebibyte, mebibyte, mebibyte, mebibyte, mebibyte],
      [mebibyte - 1, mebibyte, mebibyte, mebibyte, mebibyte],
      [2],
    ]);
  });

  it("go out after their linger time even if they are not full", async () => {
    const { writer, acknowledged } = stream.start({ lingerMs: 1 });
    await writer.put(record("alone"));
    await until(() => acknowledged.length > 0);
    expect(acknowledged).toEqual(["alone"]);
  });

  it("go out several at once", async () => {
    const { reached, reach } = moment();
    stream.kinesis.injectAlways(answerAfter(reached));
    const { writer, acknowledged } = stream.start({ concurrency: 3 });
    for (const value of numbered(1500)) await writer.put(record(value));
    await until(() => stream.kinesis.calls().length === 3);
    expect(acknowledged).toEqual([]);
    reach();
    await writer.close();
    expect(acknowledged.sort()).toEqual(numbered(1500).sort());
  });
});
