import { CommandError, ExitCode } from "../../shared/errors";
import { countOf } from "../../shared/terminal";
import type { Counts, Reconciliation } from "./reconciliation/reconciliation";

/** What a run did, as `--json` prints it. */
export interface PipelineReport extends Counts {
  /** Lines of input that the producer rejected. */
  rejectedLines: number;
  seconds: number;
  eventsPerSecond: number;
  /** How often each kind of fault struck; only under chaos. */
  faults?: Readonly<Record<string, number>>;
}

/** What explains the counts of a run. */
export interface RunFacts extends Omit<Reconciliation, "counts"> {
  /** Where the producer keeps the lines that it rejected. */
  rejectsFile: string | undefined;
  /** What went wrong during the run, the latest first. */
  problems: readonly string[];
  logFiles: readonly string[];
}

/**
 * Judges a run: everything that must not be has a sentence and an exit code of its own.
 * @returns an error with all the sentences, and with the exit code of the worst; undefined if the run proves what it must
 */
export function verdict(report: PipelineReport, facts: RunFacts): CommandError | undefined {
  const [worst, ...others] = outcomes(report, facts);
  if (worst) {
    const [cause] = facts.problems;
    const context = [
      ...(cause === undefined ? [] : [`the latest problem was: ${cause}`]),
      `the function's log is ${facts.logFiles.join(", ")}`,
    ];
    const sentences = [worst, ...others].map(({ sentence }) => sentence);
    return new CommandError([...sentences, ...context].join("\n"), worst.exitCode);
  }
  if (report.rejectedLines === 0) return undefined;
  return new CommandError(
    `the producer rejected ${countOf(report.rejectedLines, "line")}, kept in ${facts.rejectsFile}; all else is where it must be`,
    ExitCode.rejects,
  );
}

interface Outcome {
  exitCode: ExitCode;
  sentence: string;
}

/** What must not be, the worst first. */
function outcomes(
  { lost, different, stray, duplicates, failed, faults = {} }: PipelineReport,
  { wronglyRejected, reasons, differences }: RunFacts,
): Outcome[] {
  const missing = Object.entries(faults).flatMap(([kind, count]) => (count === 0 ? [kind] : []));
  const all: [count: number, exitCode: ExitCode, sentence: string][] = [
    [lost, ExitCode.lost, `${countOf(lost, "record")} that Kinesis acknowledged cannot be found`],
    [
      different,
      ExitCode.different,
      `${recordsAre(different, "was", "were")} stored or set aside with other contents than on the stream, in: ${differences.join(", ")}`,
    ],
    [
      stray,
      ExitCode.stray,
      `no record on the stream accounts for ${countOf(stray, "item")} or set-aside ${stray === 1 ? "record" : "records"}`,
    ],
    [duplicates, ExitCode.duplicates, `${recordsAre(duplicates)} both stored and rejected`],
    [
      wronglyRejected,
      ExitCode.wronglyRejected,
      `the function rejected ${countOf(wronglyRejected, "record")} that the producer considers valid: ${reasons.rejected.join(", ")}`,
    ],
    [failed, ExitCode.failedBatches, `${recordsAre(failed)} in failed batches: ${reasons.failed.join(", ")}`],
    [
      missing.length,
      ExitCode.missingFaults,
      `no fault of these kinds struck, so the run does not show that they are survived: ${missing.join(", ")}; do not stop the run early, and produce at least one good record`,
    ],
  ];
  return all.filter(([count]) => count > 0).map(([, exitCode, sentence]) => ({ exitCode, sentence }));
}

/** `1 record is`, `2 records are`. */
function recordsAre(count: number, is = "is", are = "are"): string {
  return `${countOf(count, "record")} ${count === 1 ? is : are}`;
}
