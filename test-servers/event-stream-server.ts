import { createServer, type ServerResponse } from "node:http";
import { close, listen } from "./listen";

/** An answer that is no stream, or the pieces of a stream, which then ends. */
export type EventStreamAnswer =
  | { status: number; headers?: Record<string, string>; body?: string }
  | readonly (string | Buffer)[];

export interface EventStreamServer {
  url: URL;
  /** The Last-Event-ID of every request, in order; undefined where it had none. */
  lastEventIds: readonly (string | undefined)[];
  /** The User-Agent of every request, in order. */
  userAgents: readonly (string | undefined)[];
  /** Each of the next requests gets one of these, in order. */
  answer(...answers: EventStreamAnswer[]): void;
  stop(): Promise<void>;
}

/** Starts a server of server-sent events on loopback. A request without an answer gets a stream that stays silent. */
export async function startEventStreamServer(): Promise<EventStreamServer> {
  const lastEventIds: (string | undefined)[] = [];
  const userAgents: (string | undefined)[] = [];
  const queue: EventStreamAnswer[] = [];
  const server = createServer((request, response) => {
    lastEventIds.push(request.headers["last-event-id"]?.toString());
    userAgents.push(request.headers["user-agent"]);
    const answer = queue.shift();
    if (answer && "status" in answer) response.writeHead(answer.status, answer.headers).end(answer.body);
    else void send(response, answer);
  });
  return {
    url: new URL(await listen(server)),
    lastEventIds,
    userAgents,
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
