import { describe, expect, it } from "@jest/globals";
import { source } from "../../../support/mapping-settings";
import { processLetters } from "../../../support/processed-batch";
import { fail, reportFailed, succeed, throttle } from "../../../support/scripted-function";

const failures = (count: number) => Array.from({ length: count }, () => fail);

describe(`Retries (${source.failures})`, () => {
  it("a failed batch is retried whole", async () => {
    const { invocations, handled, setAside } = await processLetters("abc", failures(2));
    expect(invocations).toEqual(["abc", "abc", "abc"]);
    expect(handled).toBe("abc");
    expect(setAside).toEqual([]);
  });

  it("each retry waits twice as long as the one before, up to ten seconds", async () => {
    const { slept } = await processLetters("a", failures(9));
    expect(slept).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  });

  it("throttling and other failures before the function runs do not count as retries", async () => {
    const { invocations, setAside, handled, slept, problems } = await processLetters(
      "ab",
      [throttle, throttle, fail, throttle, succeed],
      { maximumRetryAttempts: 1 },
    );
    expect(invocations).toHaveLength(5);
    expect(handled).toBe("ab");
    expect(setAside).toEqual([]);
    expect(slept).toEqual([100, 200, 400, 800]);
    expect(problems[0]).toBe("the function cannot be invoked: Rate Exceeded.");
  });

  it("failures before the function runs do not split the batch", async () => {
    const { invocations } = await processLetters("ab", [throttle], { bisectBatchOnFunctionError: true });
    expect(invocations).toEqual(["ab", "ab"]);
  });
});

describe(`The number of retries (${source.failures})`, () => {
  it("MaximumRetryAttempts: a batch is set aside after that many retries", async () => {
    const { invocations, setAside, handled } = await processLetters("ab", failures(3), {
      maximumRetryAttempts: 2,
    });
    expect(invocations).toEqual(["ab", "ab", "ab"]);
    expect(setAside).toMatchObject([{ condition: "RetryAttemptsExhausted", invokeCount: 3 }]);
    expect(handled).toBe("ab");
  });

  it("MaximumRetryAttempts 0: a batch is set aside when it first fails", async () => {
    const { invocations, setAside, slept } = await processLetters("ab", failures(1), {
      maximumRetryAttempts: 0,
    });
    expect(invocations).toEqual(["ab"]);
    expect(setAside).toMatchObject([{ condition: "RetryAttemptsExhausted", invokeCount: 1 }]);
    expect(slept).toEqual([]);
  });

  it("MaximumRetryAttempts -1: only the records' age ends the retries", async () => {
    const { invocations, setAside } = await processLetters("a", failures(500), { maximumRetryAttempts: -1 });
    expect(invocations).toHaveLength(501);
    expect(setAside).toEqual([]);
  });

  // On AWS, after the record had failed in a batch of three, the function was invoked with it four more times.
  it(`records that follow a success have all their retries (${source.recorded})`, async () => {
    const script = [reportFailed("c"), ...Array.from({ length: 4 }, () => reportFailed("c"))];
    const { invocations, setAside } = await processLetters("abc", script, {
      reportBatchItemFailures: true,
      maximumRetryAttempts: 3,
    });
    expect(invocations).toEqual(["abc", "c", "c", "c", "c"]);
    expect(setAside).toMatchObject([{ condition: "RetryAttemptsExhausted", invokeCount: 4 }]);
  });

  it("a partial failure at the first record is a retry like any other", async () => {
    const script = [reportFailed("a"), reportFailed("a")];
    const { invocations, setAside, slept } = await processLetters("ab", script, {
      reportBatchItemFailures: true,
      maximumRetryAttempts: 1,
    });
    expect(invocations).toEqual(["ab", "ab"]);
    expect(slept).toEqual([100]);
    expect(setAside).toMatchObject([{ condition: "RetryAttemptsExhausted", invokeCount: 2 }]);
  });
});
