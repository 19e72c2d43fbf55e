import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import type { Writable } from "node:stream";
import { CommandError } from "../../shared/errors";

/** A request, over HTTP/1.1 or HTTP/2. */
export type HttpRequest = http.IncomingMessage | http2.Http2ServerRequest;

/** The response to it, as far as both have the same. */
export interface HttpResponse extends Writable {
  readonly headersSent: boolean;
  writeHead(status: number, headers: http.OutgoingHttpHeaders): unknown;
  /** The connection. */
  readonly socket: { destroy(): unknown } | null;
  /** Over HTTP/2, the request's own stream in the connection. */
  readonly stream?: http2.ServerHttp2Stream | undefined;
}

/** An answer that is sent in one go. */
export interface Answer {
  status: number;
  contentType: string;
  body: string;
}

export interface HttpServer {
  port: number;
  /** Closes every connection and the server. */
  close(): Promise<void>;
}

/** How long a server waits for what a caller has begun, or has not. */
export interface Patience {
  /** For the first byte of a connection. */
  silenceMs: number;
  /** For the rest of a request's head. */
  headMs: number;
  /** For the rest of a request, and over HTTP/2 for anything more from the caller. */
  requestMs: number;
  /** How often it looks. */
  checkMs: number;
}

const PATIENCE: Patience = { silenceMs: 30_000, headMs: 20_000, requestMs: 60_000, checkMs: 5_000 };

/**
 * Starts a server on loopback that speaks HTTP/1.1 and HTTP/2, both without TLS and on the same port: the SDK's Kinesis
 * client uses HTTP/2 by default.
 * @param port 0 picks any free port
 * @throws CommandError when the port is in use
 */
export async function startHttpServer(
  port: number,
  onRequest: (request: HttpRequest, response: HttpResponse) => void,
  patience = PATIENCE,
): Promise<HttpServer> {
  const http1Server = startHttp1(onRequest, patience);
  const http2Server = http2.createServer(onRequest);
  http2Server.on("session", (session) => session.setTimeout(patience.requestMs, () => session.destroy()));
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    dispatch(socket, http1Server, http2Server, patience);
  });
  await listen(server, port);
  return {
    port: (server.address() as net.AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      http1Server.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends an answer, unless another one has begun. */
export function send(response: HttpResponse, { status, contentType, body }: Answer): void {
  if (response.headersSent) return;
  response.writeHead(status, { "content-type": contentType });
  response.end(body);
}

function listen(server: net.Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? new CommandError(
              `port ${port} of 127.0.0.1 is in use, perhaps by another local cloud; stop it or choose another port with --port`,
            )
          : error,
      );
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}

function startHttp1(
  onRequest: (request: HttpRequest, response: HttpResponse) => void,
  { headMs, requestMs, checkMs }: Patience,
): http.Server {
  const server = http.createServer(
    {
      keepAliveTimeout: 60_000,
      headersTimeout: headMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: checkMs,
    },
    onRequest,
  );
  // It looks for late requests from when it listens, but its connections are handed to it.
  server.emit("listening");
  return server;
}

/** Every HTTP/2 connection starts with the same bytes: https://www.rfc-editor.org/rfc/rfc9113#name-http-2-connection-preface */
const HTTP2_PREFACE = Buffer.from("PRI * HTTP/2");

/** Passes a connection to the server for its protocol, which the first bytes show. */
function dispatch(
  socket: net.Socket,
  http1Server: http.Server,
  http2Server: http2.Http2Server,
  { silenceMs }: Patience,
): void {
  const giveUp = setTimeout(() => socket.destroy(), silenceMs);
  socket.on("close", () => clearTimeout(giveUp));
  let start: Buffer = Buffer.alloc(0);
  const onData = (data: Buffer) => {
    start = Buffer.concat([start, data]);
    const length = Math.min(start.length, HTTP2_PREFACE.length);
    const isHttp2 = start.subarray(0, length).equals(HTTP2_PREFACE.subarray(0, length));
    if (isHttp2 && length < HTTP2_PREFACE.length) return;

    clearTimeout(giveUp);
    socket.off("data", onData);
    socket.pause();
    (isHttp2 ? http2Server : http1Server).emit("connection", socket);
    socket.unshift(start);
    socket.resume();
  };
  socket.on("data", onData);
}
