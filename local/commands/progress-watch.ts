import { type Clock, systemClock } from "../../shared/clock";
import { CommandError, ExitCode } from "../../shared/errors";
import type { ProblemLog } from "./problem-log";

/** A pipeline to watch. */
export interface WatchedPipeline {
  /** How many records are handled so far. */
  handled(): number;
  /** Whether records wait to be handled. */
  isWaiting(): Promise<boolean>;
  problems: ProblemLog;
  /** How long the pipeline may rest of its own accord, in milliseconds: the batch window. */
  restMs: number;
  /** Faults strike: the pipeline may have to wait for what fails on purpose. */
  isUnderChaos: boolean;
  /** Called once when no progress is made, before it is known whether the run must end. */
  onSilence(message: string): void;
  clock?: Clock;
}

/**
 * Watches that records are handled while there are any to handle. Resolves when the signal aborts.
 *
 * After `SILENT_MS` without a handled record it gives up if problems were reported since the last one, which are the
 * cause. Under chaos, whose faults cause problems and pass, and without a problem, when the machine may just be slow, it
 * says so and gives up after `STALLED_MS`.
 * @throws CommandError when the pipeline makes no progress
 */
export async function watchProgress(pipeline: WatchedPipeline, signal: AbortSignal): Promise<void> {
  const { problems, restMs, isUnderChaos, onSilence, clock = systemClock } = pipeline;
  let handled = pipeline.handled();
  let lastProgressMs = clock.now();
  let idleMs = 0;
  let hasSaid = false;
  while (!signal.aborted) {
    const beforeMs = clock.now();
    await clock.sleep(POLL_MS, signal);
    // A machine that was suspended, or stopped in a debugger, has not waited all that time.
    idleMs += Math.min(clock.now() - beforeMs, 4 * POLL_MS);
    if (pipeline.handled() !== handled || !(await pipeline.isWaiting())) {
      handled = pipeline.handled();
      lastProgressMs = clock.now();
      idleMs = 0;
      hasSaid = false;
    }
    if (signal.aborted || idleMs < SILENT_MS + restMs) continue;
    const causes = problems.since(lastProgressMs);
    const isHopeless = causes.length > 0 && !isUnderChaos;
    const message = describe(idleMs, causes);
    if (isHopeless || idleMs >= STALLED_MS + restMs) throw new CommandError(message, ExitCode.noProgress);
    if (!hasSaid) onSilence(message);
    hasSaid = true;
  }
}

function describe(idleMs: number, causes: readonly string[]): string {
  const cause =
    causes.slice(0, MOST_CAUSES).join("; ") || "no problem is known, and the function does not answer";
  return `no record was handled for ${Math.floor(idleMs / 1000)} s although some are waiting: ${cause}`;
}

const POLL_MS = 250;
const SILENT_MS = 8_000;
const STALLED_MS = 60_000;
const MOST_CAUSES = 3;
