import { describe, expect, it } from "@jest/globals";
import { bad, good, useBatchProcessor } from "../../support/batch-processor";
import { leaveUnprocessed, throttle } from "../../support/dynamodb-faults";
import { kinesisRecord } from "../../support/kinesis-event";
import { aggregate } from "../../support/kpl";
import { post } from "../../support/posts";

const processor = useBatchProcessor();

describe("processBatch with KPL-aggregated records", () => {
  const aggregated = async (sequenceNumber: string, ...data: (string | object)[]) =>
    kinesisRecord(
      await aggregate(
        data.map((value) => ({
          partitionKey: "ada",
          data: typeof value === "string" ? value : JSON.stringify(value),
        })),
      ),
      { sequenceNumber },
    );

  it("stores each good user record and sets each bad one aside", async () => {
    const result = await processor.process([
      await aggregated("1", post({ id: "a" }), "bad", post({ id: "b" })),
      good("2"),
    ]);

    expect(await processor.storedIds()).toEqual(["2", "a", "b"]);
    expect(await processor.setAsideRecords()).toEqual(["1/1"]);
    expect(result).toMatchObject({ received: 4, stored: 3, failed: [] });
  });

  it("reports the whole record when one user record could not be stored, and sets nothing of it aside", async () => {
    processor.table.injectAlways(leaveUnprocessed((id) => id === "b"));

    const result = await processor.process([
      bad("1"),
      await aggregated("2", "bad", post({ id: "a" }), post({ id: "b" })),
      good("3"),
    ]);

    expect(await processor.storedIds()).toEqual(["3", "a"]);
    expect(await processor.setAsideRecords()).toEqual(["1"]);
    expect(result).toMatchObject({ stored: 2, failed: ["2"] });
  });

  it("sets an aggregate aside as a whole if most of it is rejected, and stores the rest", async () => {
    const result = await processor.process([
      await aggregated("1", post({ id: "a" }), ...Array(100).fill("{"), post({ id: "b" })),
      bad("2"),
    ]);

    expect(await processor.storedIds()).toEqual(["a", "b"]);
    expect(await processor.setAsideRecords()).toEqual(["1", "2"]);
    expect(result).toMatchObject({ received: 103, stored: 2, failed: [] });
    expect(result.rejected.map(({ userRecords }) => userRecords)).toEqual([100, 1]);
  });

  it("reports a record once, however many of its user records failed", async () => {
    processor.table.injectAlways(throttle);

    expect(
      await processor.process([await aggregated("2", post({ id: "a" }), post({ id: "b" }))]),
    ).toMatchObject({
      failed: ["2"],
    });
  });
});
