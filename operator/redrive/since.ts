import { InvalidArgumentError } from "commander";
import { type Clock, systemClock } from "../../shared/clock";

/**
 * Reads an option's value as a point in time: ISO 8601, or how long ago it was, such as `30m`.
 * @throws InvalidArgumentError if it is neither
 */
export function since(value: string, clock: Clock = systemClock): Date {
  const time = new Date(epochMs(value) ?? timeAgo(value, clock) ?? Number.NaN);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError("It must be a time such as 2026-11-23T07:00:00Z, or 30m, 2h or 7d ago.");
  return time;
}

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function epochMs(value: string): number | undefined {
  return /^\d{4}-\d{2}-\d{2}(T|$)/.test(value) ? Date.parse(value) : undefined;
}

function timeAgo(value: string, clock: Clock): number | undefined {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(value) ?? [];
  return unit === undefined ? undefined : clock.now() - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}
