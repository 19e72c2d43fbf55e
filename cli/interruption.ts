/**
 * How close two signals count as one, in milliseconds. In a terminal, Ctrl-C goes to the whole process group, and
 * npm passes it on a second time.
 */
const SAME_PRESS_MS = 500;

/** What Ctrl-C and SIGTERM mean to a run: the first one stops its source, the second one aborts it. */
export interface Interruption {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
  /** Gives the signals their ordinary meaning back. */
  close(): void;
}

/**
 * Listens for Ctrl-C and SIGTERM. After the second one a third ends the process at once.
 * @param onStop is called with the first one
 * @param now a clock in milliseconds
 */
export function listenForInterruption(
  onStop: () => void,
  source: Pick<NodeJS.Process, "on" | "removeListener"> = process,
  now: () => number = Date.now,
): Interruption {
  const stop = new AbortController();
  const abort = new AbortController();
  let stoppedAt = 0;

  const interrupt = () => {
    if (!stop.signal.aborted) {
      stoppedAt = now();
      onStop();
      stop.abort();
    } else if (now() - stoppedAt >= SAME_PRESS_MS) {
      close();
      abort.abort();
    }
  };
  const close = () => {
    source.removeListener("SIGINT", interrupt).removeListener("SIGTERM", interrupt);
  };

  source.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return { stop: stop.signal, abort: abort.signal, close };
}
