import { splitLines } from "../../../shared/lines";
import { ConnectionLost, networkReason, USER_AGENT } from "./live-stream";

/** The longest line that is taken, in bytes. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

export interface ServerSentEvent {
  data: string;
  /** Names the event to the server; what has none goes by that of the event before. */
  id: string | undefined;
}

/**
 * Opens a stream of server-sent events. It is read only as fast as events are asked for.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 * @param lastEventId after which event to begin; left out, with the next one that happens
 * @throws ConnectionLost when the stream cannot be opened, or breaks off
 */
export async function* serverSentEvents(
  url: URL,
  signal: AbortSignal,
  lastEventId?: string,
): AsyncGenerator<ServerSentEvent> {
  const headers = {
    accept: "text/event-stream",
    "user-agent": USER_AGENT,
    ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
  };
  try {
    const response = await fetch(url, { headers, signal });
    if (!response.ok || !response.body) throw new ConnectionLost(`refused with HTTP ${response.status}`);
    yield* events(response.body, lastEventId);
  } catch (error) {
    throw error instanceof ConnectionLost ? error : new ConnectionLost(networkReason(error));
  }
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
    // An empty line ends an event; where there was no data, there is none.
    if (text !== "" || data.length === 0) continue;
    yield { data: data.join("\n"), id };
    data = [];
  }
}
