import { createWebSocketStream, WebSocket } from "ws";
import type { Clock } from "../../../shared/clock";
import { ConnectionLost, networkReason, retryAfter, USER_AGENT } from "../live/connection-lost";

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** How long the server may take to confirm a close. */
const CLOSE_TIMEOUT_MS = 1_000;

/** The longest message that is accepted. A post has a few kilobytes at most; records of other kinds, a megabyte. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** The server sent a message that breaks the protocol, or is too long. The next connection may receive it again. */
export class UnreadableMessage extends ConnectionLost {}

/**
 * Opens a WebSocket and delivers its messages. The socket is read only as fast as they are consumed, so that only a few
 * are held in memory.
 * @param signal closes the connection
 * @throws ConnectionLost when the WebSocket cannot be opened, breaks or ends
 */
export async function* webSocketMessages(
  url: URL,
  signal: AbortSignal,
  clock: Clock,
): AsyncGenerator<string> {
  const socket = new WebSocket(url, {
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxPayload: MAX_MESSAGE_BYTES,
    // Posts are about ten kilobytes a second: too little for compression to be worth it.
    perMessageDeflate: false,
    headers: { "user-agent": USER_AGENT },
  });
  let ending = "";
  socket
    .once("unexpected-response", (request, { statusCode: status = 0, headers }) => {
      const allowedAgainAt = retryAfter(headers["retry-after"], clock.now());
      request.destroy(new ConnectionLost(`the server answered HTTP ${status}`, { status, allowedAgainAt }));
    })
    .once("close", (code, reason) => {
      ending = `the server closed the connection (${[code, reason.toString()].filter(String).join(" ")})`;
    })
    // The stream reports the first error; without a listener, a later one would end the process.
    .on("error", () => {});
  const stream = createWebSocketStream(socket, { readableObjectMode: true });
  const close = () => closeSocket(socket, clock);
  signal.addEventListener("abort", close);
  try {
    for await (const message of stream.iterator({ destroyOnReturn: false })) yield String(message);
  } catch (error) {
    throw error instanceof ConnectionLost ? error : connectionLost(error);
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
  throw new ConnectionLost(ending);
}

function connectionLost(error: unknown): ConnectionLost {
  const { code = "" } = error as NodeJS.ErrnoException;
  return code.startsWith("WS_ERR_")
    ? new UnreadableMessage(`a message cannot be read (${networkReason(error)})`)
    : new ConnectionLost(networkReason(error));
}

/** Closes in an orderly way, so that the server does not take it for a fault, but does not wait long for it. */
function closeSocket(socket: WebSocket, clock: Clock): void {
  if (socket.readyState === WebSocket.CLOSING || socket.readyState === WebSocket.CLOSED) return;
  // The server's confirmation comes after the messages that nobody will read.
  socket.removeAllListeners("message").resume();
  socket.close(1000);
  const closed = new AbortController();
  socket.once("close", () => closed.abort());
  void clock.sleep(CLOSE_TIMEOUT_MS, closed.signal).then(() => socket.terminate());
}
