import type { Clock } from "../../../shared/clock";
import type { SourceItem } from "../source";

/** How this program names itself to the services it reads from. */
export const USER_AGENT = "real-time-stream-processing/1.0";

/** A connection that could not be opened, or broke: another one may work. Its message says why. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/** The words of an error of the network: some have only a code, others wrap the one that says something. */
export function networkReason(error: unknown): string {
  const { message, code, cause } = error as { message?: string; code?: string; cause?: unknown };
  return cause === undefined ? message || code || String(error) : networkReason(cause);
}

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;

/**
 * A connection is good once it has delivered something and has lasted this long, in milliseconds. A server that takes
 * connections only to drop them is not asked again and again without a pause.
 */
const GOOD_AFTER_MS = 10_000;

/**
 * How long to wait before the next connection, in milliseconds: doubling up to 30 s, half of it at random, so that
 * clients that lost the same server do not come back together.
 * @param failures how many connections in a row were not good, from 1
 * @param random a number from 0 to just under 1
 */
export function reconnectionDelayMs(failures: number, random: number): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
  return (longest * (1 + random)) / 2;
}

export interface LiveOptions {
  clock: Clock;
  /** A number from 0 to just under 1. */
  random: () => number;
  /** How long a connection may deliver nothing, in milliseconds, before another one is opened. */
  silenceMs: number;
}

/**
 * Delivers what one connection after the other delivers, for as long as it is wanted. What a source has to do is to
 * open one and to know where to go on.
 */
export class LiveStream {
  readonly #options: LiveOptions;
  #status: string | undefined = "connecting";

  /**
   * @param name of the source, in messages
   * @param connect opens a connection and delivers what arrives until the signal is aborted. It throws ConnectionLost
   *   when the connection fails or ends, and anything else for what no other connection will mend.
   */
  constructor(
    readonly name: string,
    readonly connect: (signal: AbortSignal) => AsyncIterable<SourceItem>,
    options: LiveOptions,
  ) {
    this.#options = options;
  }

  /** What a person should know while nothing is delivered. */
  get status(): string | undefined {
    return this.#status;
  }

  /** Delivers items until the signal is aborted, and says what happens to the connection. */
  async *items(signal: AbortSignal): AsyncGenerator<SourceItem> {
    const { clock, random } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      const openedAt = clock.now();
      let isGood = false;
      try {
        for await (const item of this.#untilSilent(signal)) {
          if (signal.aborted) return;
          if (this.#status !== undefined && failures > 0) yield this.#notice("receiving again");
          this.#status = undefined;
          isGood = clock.now() - openedAt >= GOOD_AFTER_MS;
          yield item;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ConnectionLost)) throw error;
        failures = isGood ? 1 : failures + 1;
        const delay = reconnectionDelayMs(failures, random());
        yield this.#notice(`${error.message}; connecting again in ${(delay / 1000).toFixed(1)} s`);
        this.#status = `connecting again (${failures})`;
        await clock.sleep(delay, signal);
      }
    }
  }

  #notice(message: string): SourceItem {
    return { kind: "notice", message: `${this.name}: ${message}` };
  }

  /** The silence that counts is that of the server: while nobody asks for the next item, no time passes. */
  async *#untilSilent(signal: AbortSignal): AsyncGenerator<SourceItem> {
    const { silenceMs } = this.#options;
    const connection = new AbortController();
    const stop = () => connection.abort(signal.reason);
    const giveUp = () => connection.abort(new ConnectionLost(`no message for ${silenceMs / 1000} s`));
    signal.addEventListener("abort", stop);
    let silence = setTimeout(giveUp, silenceMs);
    try {
      for await (const item of this.connect(connection.signal)) {
        clearTimeout(silence);
        yield item;
        silence = setTimeout(giveUp, silenceMs);
      }
      connection.signal.throwIfAborted();
      throw new ConnectionLost("the server ended the stream");
    } catch (error) {
      throw connection.signal.aborted ? connection.signal.reason : error;
    } finally {
      clearTimeout(silence);
      signal.removeEventListener("abort", stop);
    }
  }
}
