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
  const all: (Outcome & { count: number })[] = [
    {
      count: lost,
      exitCode: ExitCode.lost,
      sentence: `${countOf(lost, "record")} that Kinesis acknowledged cannot be found`,
    },
    {
      count: different,
      exitCode: ExitCode.different,
      sentence: `${countOf(different, "record")} stored or set aside with other contents than on the stream: ${differences.join(", ")}`,
    },
    {
      count: stray,
      exitCode: ExitCode.stray,
      sentence: `${countOf(stray, "item")} or set-aside records that no record on the stream accounts for`,
    },
    {
      count: duplicates,
      exitCode: ExitCode.duplicates,
      sentence: `${countOf(duplicates, "record")} both rejected and stored`,
    },
    {
      count: wronglyRejected,
      exitCode: ExitCode.wronglyRejected,
      sentence: `the function rejected ${countOf(wronglyRejected, "record")} that the producer considers valid: ${reasons.rejected.join(", ")}`,
    },
    {
      count: failed,
      exitCode: ExitCode.failedBatches,
      sentence: `${countOf(failed, "record")} in failed batches: ${reasons.failed.join(", ")}`,
    },
    {
      count: missing.length,
      exitCode: ExitCode.missingFaults,
      sentence: `chaos proved too little, because no fault of these kinds struck: ${missing.join(", ")}; produce more records with --count`,
    },
  ];
  return all.filter(({ count }) => count > 0);
}
