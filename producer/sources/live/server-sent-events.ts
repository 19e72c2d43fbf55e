import { type Clock, systemClock } from "../../../shared/clock";
import { splitLines } from "../../../shared/lines";
import { ConnectionLost, networkReason, retryAfter, USER_AGENT } from "./connection-lost";

/** The longest line that is accepted, in bytes. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** How much of an answer is shown that is not a stream, in characters. */
const MAX_REASON_LENGTH = 300;

export interface EventStreamOptions {
  /** The event after which to begin; by default, only new events are delivered. */
  lastEventId?: string | undefined;
  /** How this client identifies itself. */
  userAgent?: string;
  clock?: Clock;
}

export interface ServerSentEvent {
  data: string;
  /** Names the event to the server; an event without one has that of the event before it. */
  id: string | undefined;
}

/**
 * Opens a stream of server-sent events. It is read only as fast as events are consumed.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 * @throws ConnectionLost when the stream cannot be opened or breaks, or an event is too long
 */
export async function* serverSentEvents(
  url: URL,
  signal: AbortSignal,
  { lastEventId, userAgent = USER_AGENT, clock = systemClock }: EventStreamOptions = {},
): AsyncGenerator<ServerSentEvent> {
  const headers = {
    accept: "text/event-stream",
    "user-agent": userAgent,
    ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
  };
  try {
    const response = await fetch(url, { headers, signal });
    const { ok, status, body } = response;
    if (!ok || !body) {
      const allowedAgainAt = retryAfter(response.headers.get("retry-after"), clock.now());
      throw new ConnectionLost(`the server answered HTTP ${status}${await reason(response)}`, {
        status,
        allowedAgainAt,
      });
    }
    yield* events(body, lastEventId);
  } catch (error) {
    throw error instanceof ConnectionLost ? error : new ConnectionLost(networkReason(error));
  }
}

/** What the server says, on one line; nothing if it is a page of HTML. */
async function reason(response: Response): Promise<string> {
  const text = (await response.text()).replace(/[\s\p{C}]+/gu, " ").trim();
  return text === "" || text.startsWith("<") ? "" : `: ${text.slice(0, MAX_REASON_LENGTH)}`;
}

async function* events(
  body: AsyncIterable<Uint8Array>,
  lastEventId?: string,
): AsyncGenerator<ServerSentEvent> {
  let id = lastEventId;
  let data: string[] = [];
  for await (const line of splitLines(body, MAX_LINE_BYTES)) {
    if ("pieces" in line) throw new ConnectionLost(`an event is longer than ${MAX_LINE_BYTES} bytes`);
    const text = Buffer.from(line.bytes).toString().replace(/\r$/, "");
    const [, field, value = ""] = /^([^:]+)(?:: ?(.*))?$/s.exec(text) ?? [];
    if (field === "id") id = value;
    if (field === "data") data.push(value);
    // An empty line ends an event; without data, there is none.
    if (text !== "" || data.length === 0) continue;
    yield { data: data.join("\n"), id };
    data = [];
  }
}
