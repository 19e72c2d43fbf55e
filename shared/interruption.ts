import { ExitCode } from "./errors";

/**
 * How close two signals count as one, in milliseconds. In a terminal, Ctrl-C goes to the whole process group, and
 * npm passes it on a second time.
 */
const SAME_PRESS_MS = 500;

/** What Ctrl-C and SIGTERM mean to a run: the first one stops its source, the second one aborts it. */
export interface Interruption {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
}

/**
 * Listens for Ctrl-C and SIGTERM from now on. A third one, should aborting itself hang, ends the process at once.
 * @param onStop is called with the first one
 * @param now a clock in milliseconds
 */
export function listenForInterruption(
  onStop: () => void,
  process: Pick<NodeJS.Process, "on" | "exit"> = globalThis.process,
  now: () => number = Date.now,
): Interruption {
  const stop = new AbortController();
  const abort = new AbortController();
  let lastPress = Number.NEGATIVE_INFINITY;

  const interrupt = () => {
    if (now() - lastPress < SAME_PRESS_MS) return;
    lastPress = now();
    if (abort.signal.aborted) {
      process.exit(ExitCode.interrupted);
    } else if (stop.signal.aborted) {
      abort.abort();
    } else {
      onStop();
      stop.abort();
    }
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return { stop: stop.signal, abort: abort.signal };
}
