import { type Clock, systemClock } from "../../../shared/clock";
import { CommandError } from "../../../shared/errors";
import type { Source, SourceItem } from "../source";
import { ConnectionLost } from "./connection-lost";
import { BackoffReconnection, type ConnectionLoss, type ReconnectionPolicy } from "./reconnection";
import { SilenceWatch } from "./silence-watch";

/**
 * Opens one connection and delivers what arrives, until the signal is aborted. It throws ConnectionLost when the
 * connection cannot be opened, breaks or ends; any other error ends the stream, since another connection would not
 * help. If it returns a promise, the connection is open once that resolves, so a policy knows whether it ever was.
 */
export type Connect<Item extends SourceItem> = (
  signal: AbortSignal,
) => AsyncIterable<Item> | Promise<AsyncIterable<Item>>;

export interface LiveOptions {
  clock: Clock;
  /** Decides when to connect again. */
  reconnection: ReconnectionPolicy;
  /** How long a connection may deliver nothing, in milliseconds, before another one is opened. */
  silenceMs: number;
  /** Whether a connection resumes where the last one ended; if not, the gap between them is reported. */
  resumes: boolean;
}

/** How long a connection may deliver nothing by default, in milliseconds. */
const SILENCE_MS = 30_000;

/** A wait of this many milliseconds or more is always reported, a shorter one only once for each reason. */
const LONG_WAIT_MS = 60_000;

type Notice = Extract<SourceItem, { kind: "notice" }>;

/** A source that stays connected: it delivers what one connection after another delivers. */
export class LiveStream<Item extends SourceItem = SourceItem> implements Source {
  readonly #options: LiveOptions;
  #isReceiving = false;
  /** When to connect again, in milliseconds since the epoch. */
  #retryAt: number | undefined;
  /** When the server was last heard from, in milliseconds since the epoch; undefined before the first connection. */
  #heardAt: number | undefined;
  /** The reasons for lost connections that have been reported since items last arrived. */
  readonly #reported = new Set<string>();

  /** @param description names the source in messages */
  constructor(
    readonly description: string,
    readonly connect: Connect<Item>,
    options: Partial<LiveOptions> = {},
  ) {
    this.#options = {
      clock: systemClock,
      reconnection: new BackoffReconnection(),
      silenceMs: SILENCE_MS,
      resumes: false,
      ...options,
    };
  }

  /** A few words for the progress line while nothing arrives: `reconnecting in 5 s`. */
  status(): string | undefined {
    if (this.#isReceiving) return undefined;
    if (this.#retryAt === undefined) return "connecting";
    const leftMs = this.#retryAt - this.#options.clock.now();
    return `reconnecting in ${Math.max(0, Math.ceil(leftMs / 1000))} s`;
  }

  /** Delivers items until the signal is aborted, and reports what happens to the connection. */
  async *items(signal: AbortSignal): AsyncGenerator<Item | Notice> {
    const { clock, reconnection } = this.#options;
    while (!signal.aborted) {
      const life: Life = { deliveredPost: false };
      const error = yield* this.#connection(signal, life);
      if (!error) return;
      const now = clock.now();
      const delayMs = reconnection.delayMs(lossOf(error, life, now), now);
      this.#isReceiving = false;
      this.#retryAt = now + delayMs;
      yield* this.#lossNotice(error.message, delayMs);
      await clock.sleep(delayMs, signal);
      this.#retryAt = undefined;
    }
  }

  /** Delivers what one connection delivers. @returns why it was lost; undefined if the signal was aborted */
  async *#connection(
    signal: AbortSignal,
    life: Life,
  ): AsyncGenerator<Item | Notice, ConnectionLost | undefined> {
    const { clock, silenceMs } = this.#options;
    const connection = new AbortController();
    const stop = () => connection.abort();
    signal.addEventListener("abort", stop);
    const silence = new SilenceWatch(clock, silenceMs, () =>
      connection.abort(new ConnectionLost(`nothing received for ${silenceMs / 1000} s`)),
    );
    try {
      const items = await this.connect(connection.signal);
      yield* this.#received(silence.waitFor(items), life, silence, signal);
      throw new ConnectionLost("the server ended the stream");
    } catch (thrown) {
      if (signal.aborted) return undefined;
      const isSilent = connection.signal.aborted && !(thrown instanceof CommandError);
      const error = isSilent ? connection.signal.reason : thrown;
      if (!(error instanceof ConnectionLost)) throw error;
      return error;
    } finally {
      silence.stop();
      signal.removeEventListener("abort", stop);
    }
  }

  async *#received(
    items: AsyncIterable<Item>,
    life: Life,
    silence: SilenceWatch,
    signal: AbortSignal,
  ): AsyncGenerator<Item | Notice> {
    const { clock } = this.#options;
    life.openedAt = clock.now();
    const silentSince = this.#heardAt;
    this.#heardAt ??= life.openedAt;
    for await (const item of items) {
      if (signal.aborted) return;
      life.lastItemAt = clock.now();
      life.deliveredPost ||= item.kind === "post";
      this.#heardAt = life.lastItemAt;
      // Only now: a connection that delivers nothing ends no gap.
      if (!this.#isReceiving) yield* this.#receptionNotice(silentSince, life.openedAt);
      this.#isReceiving = true;
      yield watched(item, silence);
    }
  }

  *#lossNotice(reason: string, delayMs: number): Generator<Notice> {
    if (this.#reported.has(reason) && delayMs < LONG_WAIT_MS) return;
    this.#reported.add(reason);
    const wait = seconds(delayMs);
    yield this.#notice(`${reason}; connecting again ${wait === "0 s" ? "at once" : `in ${wait}`}`);
  }

  *#receptionNotice(silentSince: number | undefined, openedAt: number): Generator<Notice> {
    if (this.#reported.size === 0) return;
    this.#reported.clear();
    if (silentSince === undefined || this.#options.resumes) return yield this.#notice("receiving again");
    const [from, to] = [silentSince, openedAt].map((ms) => new Date(ms).toISOString());
    const gap = `posts from ${from} to ${to} may be missing (${seconds(openedAt - silentSince)})`;
    yield this.#notice(`receiving again; ${gap}`);
  }

  #notice(message: string): Notice {
    return { kind: "notice", message: `${this.description}: ${message}` };
  }
}

/** What is known about a connection so far; times are in milliseconds since the epoch. */
interface Life {
  openedAt?: number;
  lastItemAt?: number;
  deliveredPost: boolean;
}

function lossOf(error: ConnectionLost, life: Life, now: number): ConnectionLoss {
  const { openedAt = now, lastItemAt, deliveredPost } = life;
  return {
    error,
    livedMs: life.openedAt === undefined ? undefined : now - openedAt,
    lastItemMs: lastItemAt === undefined ? undefined : lastItemAt - openedAt,
    deliveredPost,
  };
}

/** A long line may still be arriving while the consumer reads it: that is waiting for the server too. */
function watched<Item extends SourceItem>(item: Item, silence: SilenceWatch): Item {
  if (item.kind !== "rejected" || !(Symbol.asyncIterator in item.bytes)) return item;
  return { ...item, bytes: silence.waitFor(item.bytes) };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
