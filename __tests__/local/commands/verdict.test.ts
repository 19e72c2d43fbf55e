import { describe, expect, it } from "@jest/globals";
import { type PipelineReport, type RunFacts, verdict } from "../../../local/commands/verdict";
import { ExitCode } from "../../../shared/errors";
import { counts } from "../../support/reconciled-stack";

function judge(report: Partial<PipelineReport>, facts: Partial<RunFacts> = {}) {
  const error = verdict(
    { ...counts({ produced: 3, stored: 3 }), rejectedLines: 0, seconds: 1, eventsPerSecond: 3, ...report },
    {
      wronglyRejected: 0,
      reasons: { rejected: [], failed: [] },
      differences: [],
      rejectsFile: undefined,
      problems: [],
      logFiles: ["one.log", "two.log"],
      ...facts,
    },
  );
  return error && { exitCode: error.exitCode, message: error.message };
}

const LOG = "the function's log is one.log, two.log";

describe("the verdict on a run", () => {
  it("is none if every record is where it must be", () => {
    expect(judge({})).toBeUndefined();
  });

  it("is none if what the function rejected had to be rejected", () => {
    expect(judge({ rejected: 2 }, { reasons: { rejected: ["invalid-json"], failed: [] } })).toBeUndefined();
  });

  it("is none, whatever problems there were, if every fault struck", () => {
    expect(judge({ faults: { throttled: 1, "slow-answer": 2 } }, { problems: ["a"] })).toBeUndefined();
  });
});

describe("the verdict on a run that is wrong", () => {
  it.each<[Partial<PipelineReport>, Partial<RunFacts>, ExitCode, string]>([
    [{ lost: 1 }, {}, ExitCode.lost, "1 record that Kinesis acknowledged cannot be found"],
    [
      { different: 2 },
      { differences: ["Lang", "Message"] },
      ExitCode.different,
      "2 records were stored or set aside with other contents than on the stream, in: Lang, Message",
    ],
    [{ stray: 1 }, {}, ExitCode.stray, "no record on the stream accounts for 1 item or set-aside record"],
    [{ duplicates: 1200 }, {}, ExitCode.duplicates, "1,200 records are both stored and rejected"],
    [
      {},
      { wronglyRejected: 1, reasons: { rejected: ["invalid-event", "invalid-item"], failed: [] } },
      ExitCode.wronglyRejected,
      "the function rejected 1 record that the producer considers valid: invalid-event, invalid-item",
    ],
    [
      { failed: 3 },
      { reasons: { rejected: [], failed: ["RecordAgeExceeded", "RetryAttemptsExhausted"] } },
      ExitCode.failedBatches,
      "3 records are in failed batches: RecordAgeExceeded, RetryAttemptsExhausted",
    ],
    [
      { faults: { throttled: 0, "slow-answer": 2, "lost-response": 0 } },
      {},
      ExitCode.missingFaults,
      "no fault of these kinds struck, so the run does not show that they are survived: throttled, lost-response; do not stop the run early, and produce at least one good record",
    ],
  ])("has a sentence and an exit code of its own for %j", (report, facts, exitCode, sentence) => {
    expect(judge(report, facts)).toEqual({ exitCode, message: `${sentence}\n${LOG}` });
  });
});

describe("the sentences of a verdict", () => {
  it("says the number of each in good English", () => {
    expect(judge({ different: 1 })?.message).toContain("1 record was stored or set aside");
    expect(judge({ stray: 2 })?.message).toContain("2 items or set-aside records");
    expect(judge({ duplicates: 1 })?.message).toContain("1 record is both");
    expect(judge({ failed: 1 })?.message).toContain("1 record is in failed batches");
  });

  it("names the latest problem as the cause", () => {
    expect(judge({ failed: 1 }, { problems: ["function failed: Error: no", "older"] })?.message).toContain(
      `\nthe latest problem was: function failed: Error: no\n${LOG}`,
    );
  });

  it("says everything that is wrong, the worst first, with its exit code", () => {
    const all = judge(
      {
        failed: 1,
        lost: 1,
        different: 1,
        stray: 1,
        duplicates: 1,
        faults: { throttled: 0 },
        rejectedLines: 1,
      },
      { wronglyRejected: 1 },
    );
    const lines = all?.message
      .split("\n")
      .map((line) =>
        line.replace(/.*(found|contents|accounts|both|valid|failed batches|struck|log is).*/, "$1"),
      );
    expect(lines).toEqual([
      "found",
      "contents",
      "accounts",
      "both",
      "valid",
      "failed batches",
      "struck",
      "log is",
    ]);
    expect(all?.exitCode).toBe(ExitCode.lost);
  });

  it("is that of the producer if it rejected lines, and nothing else is wrong", () => {
    expect(judge({ rejectedLines: 1 }, { rejectsFile: "rejects.ndjson", problems: ["a"] })).toEqual({
      exitCode: ExitCode.rejects,
      message: "the producer rejected 1 line, kept in rejects.ndjson; all else is where it must be",
    });
  });
});
