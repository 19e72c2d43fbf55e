import { describe, expect, it } from "@jest/globals";
import type { KinesisStreamEvent } from "aws-lambda";
import { mappingSettings, source } from "../../../support/mapping-settings";
import { processLetters } from "../../../support/processed-batch";
import { fail, lettersOf, reportFailed, succeed } from "../../../support/scripted-function";

const bisecting = { bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 };

/** A function that fails whenever a record with this letter is in the batch. */
const failsOn = (letter: string) =>
  Array.from(
    { length: 100 },
    () => (event: KinesisStreamEvent) => (lettersOf(event.Records).includes(letter) ? fail : succeed)(event),
  );

describe(`BisectBatchOnFunctionError (${source.failures}, ${source.responses})`, () => {
  it("a failed invocation splits its batch in two, until the record at fault is alone", async () => {
    const { invocations, handled, setAside } = await processLetters("abcdefgh", failsOn("f"), bisecting);
    expect(invocations).toEqual(["abcdefgh", "abcd", "efgh", "ef", "e", "f", "f", "gh"]);
    expect(setAside.map(({ records }) => lettersOf(records))).toEqual(["f"]);
    expect(handled).toBe("abcdefgh");
  });

  it("splitting consumes no retry", async () => {
    const { setAside } = await processLetters("abcd", failsOn("a"), bisecting);
    expect(setAside).toMatchObject([{ condition: "RetryAttemptsExhausted", invokeCount: 2 }]);
  });

  it("the second half waits for the first, so the order holds", async () => {
    const { invocations } = await processLetters("abcd", [fail, fail, fail], {
      ...bisecting,
      maximumRetryAttempts: -1,
    });
    expect(invocations).toEqual(["abcd", "ab", "a", "a", "b", "cd"]);
  });

  it("a partial response splits at the record it reports, and only the rest is retried", async () => {
    const { invocations, slept } = await processLetters("abcdef", [reportFailed("d"), reportFailed("f")], {
      ...bisecting,
      reportBatchItemFailures: true,
    });
    expect(invocations).toEqual(["abcdef", "def", "f"]);
    expect(slept).toEqual([]);
  });

  it("a partial response at the first record leaves nothing to split: that is a retry", async () => {
    const { invocations, slept } = await processLetters("abc", [reportFailed("a")], {
      ...bisecting,
      reportBatchItemFailures: true,
    });
    expect(invocations).toEqual(["abc", "abc"]);
    expect(slept).toEqual([100]);
  });

  it("a failed invocation splits its batch with ReportBatchItemFailures too", async () => {
    const { invocations } = await processLetters("abc", [fail], {
      ...bisecting,
      reportBatchItemFailures: true,
    });
    expect(invocations).toEqual(["abc", "ab", "c"]);
  });

  it("without it a failed batch stays together", async () => {
    expect(mappingSettings().bisectBatchOnFunctionError).toBe(false);
    const { invocations, setAside } = await processLetters("abc", failsOn("b"), {
      maximumRetryAttempts: 1,
    });
    expect(invocations).toEqual(["abc", "abc"]);
    expect(setAside.map(({ records }) => lettersOf(records))).toEqual(["abc"]);
  });
});
