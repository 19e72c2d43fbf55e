import { formatCount } from "../../shared/terminal";

/** The processes whose memory a soak watches; `cloud` is the local cloud's own, with gateway and mapping. */
export const WATCHED = ["producer", "function", "kinesis", "dynamodb", "s3", "cloud"] as const;

export type WatchedProcess = (typeof WATCHED)[number];

/** The state of a soak at one moment. */
export interface Measurement {
  seconds: number;
  produced: number;
  handled: number;
  /** Resident memory in bytes; undefined where there is no process, or it cannot be read. */
  bytes: Record<WatchedProcess, number | undefined>;
}

/** The names of the columns of `measurementLine`: 80 characters. */
export function measurementHeader(): string {
  const names = Object.entries(WIDTHS).map(([name, width]) => name.padStart(width));
  return `${"memory in MB".padStart(names.join("").length)}\n${names.join("")}`;
}

/** A measurement as a line of a table. */
export function measurementLine({ seconds, produced, handled, bytes }: Measurement): string {
  const cells = {
    seconds: formatCount(Math.round(seconds)),
    produced: formatCount(produced),
    // A record that is on the stream twice because an answer was lost is handled twice.
    lag: formatCount(Math.max(0, produced - handled)),
    ...mapWatched((name) => megabytes(bytes[name])),
  };
  return Object.entries(cells)
    .map(([name, cell]) => cell.padStart(WIDTHS[name as keyof typeof WIDTHS]))
    .join("");
}

/** Something for each of the watched processes. */
export function mapWatched<T>(compute: (name: WatchedProcess) => T): Record<WatchedProcess, T> {
  return Object.fromEntries(WATCHED.map((name) => [name, compute(name)])) as Record<WatchedProcess, T>;
}

/**
 * The peak memory of each process in the first and in the second half of the measurements, and how much it grew from
 * one to the other. A leak grows without end; caches, and the emulators, which hold every record, grow at first.
 */
export function growthTable(measurements: readonly Measurement[]): string {
  const middle = Math.ceil(measurements.length / 2);
  const peak = (half: readonly Measurement[], name: WatchedProcess) => {
    const values = half.flatMap(({ bytes }) => bytes[name] ?? []);
    return values.length === 0 ? undefined : Math.max(...values);
  };
  const lines = WATCHED.map((name) => {
    const first = peak(measurements.slice(0, middle), name);
    const second = peak(measurements.slice(middle), name);
    const growth = first === undefined || second === undefined ? undefined : second - first;
    const cells = [megabytes(first), megabytes(second), signed(growth)].map((cell) => cell.padStart(13));
    return `  ${name.padEnd(10)}${cells.join("")}`;
  });
  const header = ["first half", "second half", "growth"].map((cell) => cell.padStart(13)).join("");
  return [`  ${"peak in MB".padEnd(10)}${header}`, ...lines].join("\n");
}

const WIDTHS = {
  seconds: 8,
  produced: 12,
  lag: 9,
  producer: 10,
  function: 10,
  kinesis: 9,
  dynamodb: 10,
  s3: 6,
  cloud: 6,
} as const satisfies Record<string, number>;

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? "-" : formatCount(Math.round(bytes / 2 ** 20));
}

function signed(bytes: number | undefined): string {
  return bytes !== undefined && Math.round(bytes / 2 ** 20) > 0 ? `+${megabytes(bytes)}` : megabytes(bytes);
}
