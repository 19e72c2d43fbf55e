import { describe, expect, it } from "@jest/globals";
import { readResponse } from "../../../../local/lambda/event-source-mapping/function-response";
import { SHARD_ID } from "../../../support/kinesis-event";
import { source } from "../../../support/mapping-settings";
import { processLetters } from "../../../support/processed-batch";
import { batchOf, fail, reportFailed, respond } from "../../../support/scripted-function";

const BATCH = ["98", "99", "100", "101"];

describe(`Responses (${source.responses}, ${source.recorded})`, () => {
  it.each([
    ["nothing", undefined],
    ["null", null],
    ["an empty string", ""],
    ["an empty list", []],
    ["an empty object", {}],
    ["an empty list of failures", { batchItemFailures: [] }],
    ["null instead of a list of failures", { batchItemFailures: null }],
  ])("%s is a complete success", (_, response) => {
    expect(readResponse(response, BATCH)).toEqual({ kind: "success" });
  });

  it.each([
    ["an identifier that is not a string", { batchItemFailures: [{ itemIdentifier: 99 }] }],
    ["an empty identifier", { batchItemFailures: [{ itemIdentifier: "" }] }],
    ["null for an identifier", { batchItemFailures: [{ itemIdentifier: null }] }],
    ["a misspelt key of an identifier", { batchItemFailures: [{ itemIdentifer: "99" }] }],
    ["the identifier of no record of the batch", { batchItemFailures: [{ itemIdentifier: "97" }] }],
    ["one bad identifier among good ones", { batchItemFailures: [{ itemIdentifier: "99" }, {}] }],
    ["failures that are not a list", { batchItemFailures: "99" }],
    ["a list", [{ itemIdentifier: "99" }]],
    ["a text", "99"],
  ])("%s is a complete failure", (_, response) => {
    expect(readResponse(response, BATCH)).toMatchObject({ kind: "failure" });
  });

  it("of several failures the lowest sequence number, as a number, is where retrying begins", () => {
    const batchItemFailures = ["101", "100", "99"].map((itemIdentifier) => ({ itemIdentifier }));
    expect(readResponse({ batchItemFailures }, BATCH)).toEqual({ kind: "partial", firstFailed: 1 });
  });
});

describe("What the mapping does with a response", () => {
  it("what follows the first failed record is retried with it, whether it failed or not", async () => {
    const { invocations, handled } = await processLetters("abcdef", [reportFailed("ce")], {
      reportBatchItemFailures: true,
    });
    expect(invocations).toEqual(["abcdef", "cdef"]);
    expect(handled).toBe("abcdef");
  });

  it("without ReportBatchItemFailures a response says nothing, and only an error is a failure", async () => {
    const { invocations, handled } = await processLetters("ab", [fail, reportFailed("ab")]);
    expect(invocations).toEqual(["ab", "ab"]);
    expect(handled).toBe("ab");
  });

  it("a response that is not understood is reported", async () => {
    const { problems } = await processLetters("ab", [respond({ batchItemFailures: [{}] })], {
      reportBatchItemFailures: true,
    });
    expect(problems).toEqual([
      'the function\'s response counts as a failure of its whole batch: Invalid key: Expected "itemIdentifier" but received undefined',
    ]);
  });

  it("that reports the same record three times in a row or more is a problem, and two times is none", async () => {
    const settings = { reportBatchItemFailures: true };
    const twice = await processLetters(
      "abc",
      [reportFailed("b"), reportFailed("b"), reportFailed("b")],
      settings,
    );
    expect(twice.problems).toEqual([]);

    const batch = batchOf("abc");
    const again = Array.from({ length: 5 }, () => reportFailed("b"));
    const { problems, handled } = await processLetters(batch, again, settings);
    const problem = `the function has reported batchItemFailures 3 times or more in a row for shard ${SHARD_ID} from sequence number ${batch[1]?.kinesis.sequenceNumber} on`;
    expect(problems).toEqual([problem, problem]);
    expect(handled).toBe("abc");
  });
});
