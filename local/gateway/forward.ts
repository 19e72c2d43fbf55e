import http from "node:http";
import { pipeline } from "node:stream/promises";
import type { HttpResponse } from "./http-server";
import type { IncomingRequest } from "./incoming-request";
import { withoutCors } from "./web-page";

/** The socket where an emulator listens, and the agent that keeps connections to it. */
export interface EmulatorAddress {
  agent: http.Agent;
  socketPath: string;
}

/** Forwards a request to an emulator and streams the answer back. */
export async function forward(
  request: IncomingRequest,
  response: HttpResponse,
  emulator: EmulatorAddress,
): Promise<void> {
  const answer = await callEmulator(request, emulator);
  response.writeHead(answer.statusCode ?? 500, endToEnd(withoutCors(answer.headers)));
  await pipeline(answer, response);
}

/** Sends a request to an emulator. Resolves before the answer's body has been read. */
export function callEmulator(
  { method, url: path, headers, body }: IncomingRequest,
  { agent, socketPath }: EmulatorAddress,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      {
        agent,
        socketPath,
        method,
        path,
        headers: { ...endToEnd(headers), "content-length": body.length },
      },
      resolve,
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Headers about one connection, which must not be passed on to another. */
const CONNECTION_HEADERS = ["connection", "keep-alive", "transfer-encoding", "upgrade", "expect"];

/** The headers to pass on: neither a connection's own, nor HTTP/2's pseudo-headers such as `:path`. */
function endToEnd(headers: http.IncomingHttpHeaders): http.OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith(":") && !CONNECTION_HEADERS.includes(name)),
  );
}
