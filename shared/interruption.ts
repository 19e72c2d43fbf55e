import { type Clock, systemClock } from "./clock";
import { ExitCode } from "./errors";

/** Ctrl-C, the request to end, and the terminal being closed: all mean the same. */
export const INTERRUPTIONS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What an interruption means to a run: the first one stops its source, the second one aborts it. */
export interface Interruption {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
}

/**
 * Listens for interruptions from now on. A third one ends the process immediately, in case aborting hangs.
 * @param onStop called with the first one
 */
export function listenForInterruption(
  onStop: () => void,
  process: Pick<NodeJS.Process, "on" | "exit"> = globalThis.process,
  clock: Clock = systemClock,
): Interruption {
  const stop = new AbortController();
  const abort = new AbortController();
  let lastPress = Number.NEGATIVE_INFINITY;

  const interrupt = () => {
    const now = clock.now();
    if (Math.abs(now - lastPress) < SAME_PRESS_MS) return;
    lastPress = now;
    if (abort.signal.aborted) {
      process.exit(ExitCode.interrupted);
    } else if (stop.signal.aborted) {
      abort.abort();
    } else {
      onStop();
      stop.abort();
    }
  };
  for (const signal of INTERRUPTIONS) process.on(signal, interrupt);
  return { stop: stop.signal, abort: abort.signal };
}

/**
 * Signals closer together than this count as one. In a terminal, Ctrl-C goes to the whole process group, and npm passes
 * it on a second time.
 */
const SAME_PRESS_MS = 500;
