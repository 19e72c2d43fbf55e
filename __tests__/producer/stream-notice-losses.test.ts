import { describe, expect, it } from "@jest/globals";
import { line, useProducer } from "../support/producer";

const producer = useProducer();

describe("a file with what a v1.1 stream said besides tweets, which was rejected,", () => {
  it("is delivered without that, which is counted and skipped", async () => {
    producer.input(
      "stream.ndjson",
      '{"limit":{"track":1234,"timestamp_ms":"1"}}\n',
      line({ id: "1" }),
      '{"delete":{"status":{"id":1234,"id_str":"1234"}}}\r\n',
      '{"limits":{}}\n',
      line({ id: "2" }),
    );

    const run = await producer.produce(["--input", "stream.ndjson", "--json"]);

    expect(run).toMatchObject({ exitCode: 3, stderr: "rejected: line 4: invalid-event: id: is missing\n" });
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 2, rejected: 1, streamNotices: 2 });
    expect((await producer.storedData()).map((data) => JSON.parse(data).id)).toEqual(["1", "2"]);
    expect(producer.rejects().toString()).toBe('{"limits":{}}\n');
  });
});
