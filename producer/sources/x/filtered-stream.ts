import type { Clock } from "../../../shared/clock";
import type { SourceItem } from "../source";
import { Connection, RefusedError, reasonOf, type StreamAddress } from "./connection";
import { connectionText, fatalRefusal, refusalText } from "./http-problem";
import { type Payload, readPayload } from "./payload";
import { type Disconnection, Reconnection } from "./reconnection";
import { problemText } from "./x-problem";

/** A wait that is said every time, in milliseconds; a shorter one is said once for the same reason. */
const LONG_WAIT_MS = 60_000;

/** How a connection ended, or why there was none. */
interface Ending {
  disconnection: Disconnection;
  /** For a person. */
  reason: string;
}

type Notice = Extract<SourceItem, { kind: "notice" }>;

/** X's filtered stream, connected to again and again until it is not wanted any more. */
export class FilteredStream {
  #retryAt: number | undefined;
  /** When X was last heard of, in milliseconds since the epoch; nothing before the first connection. */
  #heardAt: number | undefined;
  #reportedReason: string | undefined;

  constructor(
    readonly address: StreamAddress,
    readonly clock: Clock,
  ) {}

  /** A few words for the progress line while there is no connection. */
  status(): string | undefined {
    if (this.#retryAt === undefined) return undefined;
    return `reconnecting in ${Math.max(0, Math.ceil((this.#retryAt - this.clock.now()) / 1000))} s`;
  }

  /**
   * What X delivers, and a notice when a connection is lost and when there is one again. Reading from it less often than
   * X writes holds X back.
   * @throws CommandError if X refuses the connection for a reason that time does not mend
   */
  async *payloads(signal: AbortSignal): AsyncGenerator<Payload | Notice> {
    const reconnection = new Reconnection();
    while (!signal.aborted) {
      const { disconnection, reason } = yield* this.#connection(signal);
      if (signal.aborted) return;

      const delay = reconnection.delayMs(disconnection, this.clock.now());
      if (reason !== this.#reportedReason || delay >= LONG_WAIT_MS) yield lossNotice(reason, delay);
      this.#reportedReason = reason;
      this.#retryAt = this.clock.now() + delay;
      await this.clock.sleep(delay, signal);
      this.#retryAt = undefined;
    }
  }

  async *#connection(signal: AbortSignal): AsyncGenerator<Payload | Notice, Ending> {
    let connection: Connection;
    try {
      connection = await Connection.open(this.address, this.clock, signal);
    } catch (error) {
      return endingOf(error);
    }

    const openedAt = this.clock.now();
    const lostAt = this.#heardAt;
    this.#heardAt ??= openedAt;
    let isFirst = true;
    let deliveredPost = false;
    let problem: string | undefined;
    for await (const line of connection.lines()) {
      // Only now: a connection that ends without a byte ends no gap.
      if (isFirst && lostAt !== undefined) yield gapNotice(lostAt, openedAt);
      isFirst = false;
      this.#heardAt = this.clock.now();
      this.#reportedReason = undefined;

      const payload = readPayload(line);
      if (payload.kind === "problem") {
        problem =
          connectionText(payload.problem) ?? `X has ended the stream (${problemText(payload.problem)})`;
        break;
      }
      deliveredPost ||= payload.kind === "post";
      yield payload;
    }
    const livedMs = this.clock.now() - openedAt;
    return {
      disconnection: { kind: "dropped", livedMs, deliveredPost },
      reason: problem ?? connection.ending ?? "the connection to X was closed",
    };
  }
}

/** @throws CommandError if X has refused the connection for good */
function endingOf(error: unknown): Ending {
  if (!(error instanceof RefusedError))
    return { disconnection: { kind: "unreachable" }, reason: `X cannot be reached (${reasonOf(error)})` };

  const { refusal } = error;
  const fatal = fatalRefusal(refusal);
  if (fatal) throw fatal;
  const { status, allowedAgainAt } = refusal;
  return { disconnection: { kind: "refused", status, allowedAgainAt }, reason: refusalText(refusal) };
}

function lossNotice(reason: string, delayMs: number): Notice {
  const when = delayMs === 0 ? "at once" : `in ${seconds(delayMs)}`;
  return { kind: "notice", message: `${reason}; connecting again ${when}` };
}

function gapNotice(lostAt: number, openedAt: number): Notice {
  const [from, to] = [lostAt, openedAt].map((ms) => new Date(ms).toISOString());
  return {
    kind: "notice",
    message: `connected to X again; posts from ${from} to ${to} may be missing (${seconds(openedAt - lostAt)})`,
  };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
