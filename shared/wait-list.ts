/** Callers that wait until something changes. */
export class WaitList {
  readonly #waiting: (() => void)[] = [];

  /** Resolves with the next change. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Wakes all that wait now. */
  changed(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
