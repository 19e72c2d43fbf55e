import { type BackoffSchedule, exponentialMs } from "../../../shared/backoff";

/**
 * How long the mapping waits before it tries again, in milliseconds. Lambda backs off exponentially too, but does not
 * document its schedule.
 * @param failures how many attempts have failed in a row, from 1
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
 */
export function retryDelayMs(failures: number): number {
  return exponentialMs(failures, SCHEDULE);
}

const SCHEDULE: BackoffSchedule = { firstMs: 100, longestMs: 10_000 };
