import { type Clock, systemClock } from "../../../shared/clock";

/** What may lack faults; see `Chaos`. */
interface Struck {
  missing(): readonly string[];
}

/**
 * Waits until every kind of fault has struck: a short run may be over before it has met them all.
 * @param signal ends the wait, as does the time: `LONGEST_WAIT_MS`
 * @returns the kinds that have not struck
 */
export async function untilStruck(
  chaos: Struck,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<readonly string[]> {
  const deadlineMs = clock.now() + LONGEST_WAIT_MS;
  while (chaos.missing().length > 0 && clock.now() < deadlineMs && !signal.aborted)
    await clock.sleep(POLL_MS, signal);
  return chaos.missing();
}

const LONGEST_WAIT_MS = 30_000;
const POLL_MS = 100;
