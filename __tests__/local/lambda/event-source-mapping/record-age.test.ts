import { describe, expect, it } from "@jest/globals";
import { ARRIVAL } from "../../../support/kinesis-event";
import { source } from "../../../support/mapping-settings";
import { processLetters } from "../../../support/processed-batch";
import { batchOf, fail, lettersOf, throttle } from "../../../support/scripted-function";

const always = <T>(reaction: T) => Array.from({ length: 10_000 }, () => reaction);

describe(`The age of records (${source.failures}, ${source.parameters})`, () => {
  it("MaximumRecordAgeInSeconds: an older record is set aside without an invocation", async () => {
    const records = batchOf("ab", { arrival: ARRIVAL - 60.001 });
    const { invocations, setAside, handled } = await processLetters(records, [], {
      maximumRecordAgeSeconds: 60,
    });
    expect(invocations).toEqual([]);
    expect(setAside).toMatchObject([{ condition: "RecordAgeExceeded", invokeCount: 0 }]);
    expect(handled).toBe("ab");
  });

  it("a record of exactly that age goes to the function", async () => {
    const { invocations } = await processLetters(batchOf("a", { arrival: ARRIVAL - 60 }), [], {
      maximumRecordAgeSeconds: 60,
    });
    expect(invocations).toEqual(["a"]);
  });

  it("only the older records are set aside, and the others go to the function", async () => {
    const records = [...batchOf("abc", { arrival: ARRIVAL - 61 }).slice(0, 2), ...batchOf("abc").slice(2)];
    const { invocations, setAside, handled } = await processLetters(records, [], {
      maximumRecordAgeSeconds: 60,
    });
    expect(setAside.map(({ records }) => lettersOf(records))).toEqual(["ab"]);
    expect(invocations).toEqual(["c"]);
    expect(handled).toBe("abc");
  });

  it("retries end when the records are older, however many are allowed", async () => {
    const { invocations, setAside } = await processLetters("a", always(fail), {
      maximumRecordAgeSeconds: 10,
    });
    // After 0.1, 0.3, 0.7, 1.5, 3.1, 6.3 seconds; the next retry would be after 12.7.
    expect(invocations).toHaveLength(7);
    expect(setAside).toMatchObject([{ condition: "RecordAgeExceeded", invokeCount: 7 }]);
  });

  it("failures before the function runs end when the records are older", async () => {
    const { setAside } = await processLetters("a", always(throttle), {
      maximumRecordAgeSeconds: 10,
      maximumRetryAttempts: 0,
    });
    expect(setAside).toMatchObject([{ condition: "RecordAgeExceeded", invokeCount: 0 }]);
  });

  it("-1: no record is set aside for its age, even when the stream no longer has it", async () => {
    const records = batchOf("ab", { arrival: ARRIVAL - 400 * 86_400 });
    const { invocations, setAside } = await processLetters(records, [throttle, throttle]);
    expect(invocations).toEqual(["ab", "ab", "ab"]);
    expect(setAside).toEqual([]);
  });

  it("-1: retries end when the record expires on the stream", async () => {
    const { setAside } = await processLetters("a", always(fail));
    expect(setAside).toMatchObject([{ condition: "RecordAgeExceeded" }]);
    const [{ timeMs = 0 } = {}] = setAside;
    expect(Math.floor((timeMs / 1000 - ARRIVAL) / 3600)).toBe(24);
  });

  it("the stream's retention ends retries before a longer MaximumRecordAgeInSeconds does", async () => {
    const records = batchOf("a", { arrival: ARRIVAL - 86_401 });
    const { invocations, setAside } = await processLetters(records, always(fail), {
      maximumRecordAgeSeconds: 604_800,
    });
    expect(invocations).toEqual(["a"]);
    expect(setAside).toMatchObject([{ condition: "RecordAgeExceeded", invokeCount: 1 }]);
  });
});
