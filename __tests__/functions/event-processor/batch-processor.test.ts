import { describe, expect, it } from "@jest/globals";
import { bad, good, neverLoaded, useBatchProcessor } from "../../support/batch-processor";
import { leaveUnprocessed, throttle } from "../../support/dynamodb-faults";
import { answerWith } from "../../support/fault-proxy";
import { kinesisRecord } from "../../support/kinesis-event";
import { post } from "../../support/posts";

const processor = useBatchProcessor();

describe("processBatch", () => {
  it("stores the good records, sets the bad ones aside, and leaves nothing to retry", async () => {
    const result = await processor.process([
      good("1"),
      bad("2"),
      good("3"),
      kinesisRecord(post({ id: "x".repeat(1025) }), { sequenceNumber: "4" }),
    ]);

    expect(await processor.storedIds()).toEqual(["1", "3"]);
    expect(await processor.setAsideRecords()).toEqual(["2", "4"]);
    expect(result).toMatchObject({ received: 4, stored: 2, retried: 0, failed: [] });
    expect(result.rejected.map(({ reason }) => reason)).toEqual(["invalid-json", "item-too-large"]);
  });

  it("never touches the failure bucket when all records are good", async () => {
    const result = await processor.process([good("1"), good("2")], { loadRejectionStore: neverLoaded });

    expect(result).toMatchObject({ received: 2, stored: 2, rejected: [], failed: [] });
  });

  it("touches nothing when there are no records", async () => {
    expect(await processor.process([], { loadRejectionStore: neverLoaded })).toMatchObject({
      received: 0,
      failed: [],
    });
    expect(processor.table.requests).toEqual([]);
  });

  it("sets aside what DynamoDB calls invalid", async () => {
    processor.table.injectAlways((request, forward) =>
      request.body.includes('"S":"invalid"')
        ? answerWith(400, {
            __type: "ValidationException",
            message: "One or more parameter values were invalid",
          })(request, forward)
        : forward(request),
    );

    const result = await processor.process([good("1"), good("2", { text: "invalid" }), good("3")]);

    expect(await processor.storedIds()).toEqual(["1", "3"]);
    expect(await processor.setAsideRecords()).toEqual(["2"]);
    expect(result).toMatchObject({
      stored: 2,
      failed: [],
      rejected: [{ reason: "invalid-item", detail: "One or more parameter values were invalid" }],
    });
  });

  it("settles a large batch in which every fifth record is undecodable", async () => {
    const batch = Array.from({ length: 1000 }, (_, n) => (n % 5 === 0 ? bad(`${n}`) : good(`${n}`)));
    processor.table.inject(
      throttle,
      leaveUnprocessed((id) => id.endsWith("3")),
      answerWith(500, "oops"),
    );

    const result = await processor.process(batch, { attempts: 50 });

    expect(result).toMatchObject({ received: 1000, stored: 800, failed: [] });
    expect((await processor.storedIds()).length).toBe(800);
    expect(await processor.setAsideRecords()).toEqual(Array.from({ length: 200 }, (_, n) => `${n * 5}`));
    expect(processor.bucket.requests).toHaveLength(1);
  });
});

describe("processBatch with the same key twice in the batch", () => {
  it("stores the newest, and counts both as stored", async () => {
    const result = await processor.process([
      good("1", { id: "a", text: "old" }),
      good("2", { id: "a", text: "new" }),
    ]);

    expect(result).toMatchObject({ stored: 2, failed: [] });
    expect(await processor.storedItems()).toMatchObject([{ Id: "a", Message: "new" }]);
  });

  it("reports both as failed when the newest could not be written", async () => {
    processor.table.injectAlways(leaveUnprocessed((id) => id === "a"));

    const result = await processor.process([good("1", { id: "a" }), good("2"), good("3", { id: "a" })]);

    expect(result).toMatchObject({ stored: 1, failed: ["1", "3"] });
  });
});

describe("processBatch when a record could not be stored in time", () => {
  it("reports just that record", async () => {
    processor.table.injectAlways(leaveUnprocessed((id) => id === "2"));

    const result = await processor.process([good("1"), good("2"), good("3")]);

    expect(await processor.storedIds()).toEqual(["1", "3"]);
    expect(result).toMatchObject({ stored: 2, failed: ["2"] });
  });

  it("sets aside what came before it only: the rest comes again with the retry", async () => {
    processor.table.injectAlways(leaveUnprocessed((id) => id === "100"));

    const result = await processor.process([bad("9"), bad("99"), good("100"), bad("101"), bad("1000")]);

    expect(await processor.setAsideRecords()).toEqual(["9", "99"]);
    expect(result.rejected).toHaveLength(2);
    expect(result.failed).toEqual(["100"]);
  });

  it("sets nothing aside when it was the first", async () => {
    processor.table.injectAlways(throttle);

    const result = await processor.process([good("9"), bad("10"), good("11")], {
      loadRejectionStore: neverLoaded,
    });

    expect(result).toMatchObject({ stored: 0, rejected: [], failed: ["9", "11"] });
  });

  it("reports every valid record when no time is left at the start", async () => {
    const result = await processor.process([good("1"), bad("2"), good("3")], {
      writing: AbortSignal.abort(),
    });

    expect(result).toMatchObject({ stored: 0, rejected: [], failed: ["1", "3"] });
    expect(processor.table.requests).toEqual([]);
  });
});

describe("processBatch when rejected records could not be set aside", () => {
  it("reports them as failed", async () => {
    processor.bucket.injectAlways(answerWith(500, "oops"));

    const result = await processor.process([good("1"), bad("2"), good("3"), bad("4")]);

    expect(await processor.storedIds()).toEqual(["1", "3"]);
    expect(result).toMatchObject({ stored: 2, rejected: [], failed: ["2", "4"] });
  });

  it("reports them together with those that could not be stored", async () => {
    processor.bucket.injectAlways(answerWith(500, "oops"));
    processor.table.injectAlways(leaveUnprocessed((id) => id === "3"));

    expect(await processor.process([good("1"), bad("2"), good("3"), bad("4")])).toMatchObject({
      stored: 1,
      rejected: [],
      failed: ["3", "2"],
    });
  });

  it("loses nothing when the batch is processed again", async () => {
    processor.bucket.injectAlways(answerWith(500, "oops"));
    const batch = [good("1"), bad("2"), good("3"), bad("4")];
    const { failed } = await processor.process(batch);
    processor.bucket.injectAlways(undefined);

    // Lambda retries from the first that is reported.
    const first = batch.findIndex(({ kinesis }) => failed.includes(kinesis.sequenceNumber));
    expect(first).toBe(1);
    expect(await processor.process(batch.slice(first))).toMatchObject({ failed: [] });
    expect(await processor.storedIds()).toEqual(["1", "3"]);
    expect(await processor.setAsideRecords()).toEqual(["2", "4"]);
  });
});
