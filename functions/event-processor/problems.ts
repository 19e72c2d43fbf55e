/**
 * What went wrong while a batch was processed, and how many records each problem touched. A record counts once for each
 * time that it met the problem.
 */
export class Problems {
  readonly counts = new Map<string, number>();

  add(problem: string, records: number): void {
    this.counts.set(problem, (this.counts.get(problem) ?? 0) + records);
  }
}

/** An error by its name and message; a refused connection has a code only. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message, code } = error as NodeJS.ErrnoException;
  return `${name}: ${message || code}`;
}
