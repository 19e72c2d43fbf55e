import { describe, expect, it } from "@jest/globals";
import { good, neverLoaded, useBatchProcessor } from "../../support/batch-processor";
import { kinesisRecord } from "../../support/kinesis-event";

const processor = useBatchProcessor();

describe("stream notices on the stream, which were set aside,", () => {
  it("are neither stored nor set aside, but counted", async () => {
    const notices = [{ limit: { track: 7 } }, { delete: { status: { id: 1 } } }].map((notice) =>
      kinesisRecord(notice),
    );

    const result = await processor.process([...notices, good("1")], { loadRejectionStore: neverLoaded });

    expect(result).toMatchObject({ received: 3, stored: 1, skipped: 2, rejected: [], failed: [] });
    expect(await processor.storedIds()).toEqual(["1"]);
  });
});
