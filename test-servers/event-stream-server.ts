import { createServer, type ServerResponse } from "node:http";
import { close, listen } from "./listen";

export interface EventStreamServer {
  url: URL;
  /** The Last-Event-ID of every request, in order; undefined where it had none. */
  lastEventIds: readonly (string | undefined)[];
  /** Each of the next requests gets one of these, in order: a status, or the pieces of a stream, which then ends. */
  answer(...answers: (number | readonly (string | Buffer)[])[]): void;
  stop(): Promise<void>;
}

/** Starts a server of server-sent events on loopback. A request without an answer gets a stream that stays silent. */
export async function startEventStreamServer(): Promise<EventStreamServer> {
  const lastEventIds: (string | undefined)[] = [];
  const queue: (number | readonly (string | Buffer)[])[] = [];
  const server = createServer((request, response) => {
    lastEventIds.push(request.headers["last-event-id"]?.toString());
    const answer = queue.shift();
    if (typeof answer === "number") response.writeHead(answer).end();
    else void send(response, answer);
  });
  return {
    url: new URL(await listen(server)),
    lastEventIds,
    answer: (...answers) => void queue.push(...answers),
    stop: () => close(server),
  };
}

async function send(
  response: ServerResponse,
  pieces: readonly (string | Buffer)[] | undefined,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  if (!pieces) return;
  for (const piece of pieces) await new Promise((resolve) => response.write(piece, resolve));
  response.end();
}
