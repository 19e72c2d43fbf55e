import { InvalidArgumentError } from "commander";

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads an option's value as a point in time: ISO 8601, or how long ago it was.
 * @param now epoch milliseconds
 */
export function since(value: string, now = Date.now()): Date {
  const time = new Date(isoTime(value) ?? timeAgo(value, now) ?? Number.NaN);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError("It must be a time such as 2026-11-23T07:00:00Z, or 30m, 2h or 7d ago.");
  return time;
}

function isoTime(value: string): number | undefined {
  return /^\d{4}-\d{2}-\d{2}(T|$)/.test(value) ? Date.parse(value) : undefined;
}

function timeAgo(value: string, now: number): number | undefined {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(value) ?? [];
  return unit === undefined ? undefined : now - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}
