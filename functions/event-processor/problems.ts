/** What went wrong while a batch was processed. A record counts once for each time that it met a problem. */
export class Problems {
  readonly counts = new Map<string, number>();

  add(problem: string, records: number): void {
    this.counts.set(problem, (this.counts.get(problem) ?? 0) + records);
  }
}

/** An error's name and message, or its code if there is no message, as with a refused connection. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message, code } = error as NodeJS.ErrnoException;
  return `${name}: ${message || code}`;
}
