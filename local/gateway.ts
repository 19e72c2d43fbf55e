import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";
import { CommandError } from "../cli/command";
import type { LocalAccount } from "./account";
import { type AwsErrorResponse, accessDenied, awsError, unknownKey } from "./aws-error";
import {
  type Account,
  type AwsRequest,
  type IncomingRequest,
  readAwsRequest,
  UnreadableRequestError,
} from "./aws-request";
import type { Fault } from "./chaos/fault";
import type { Service } from "./emulators";

/** The one endpoint: whoever calls it for whatever service is known by the access key and held to the policies. */
export interface Gateway {
  port: number;
  close(): Promise<void>;
}

export interface GatewayOptions {
  /** 0 takes any free port. */
  port: number;
  account: LocalAccount;
  emulatorPorts: Record<Service, number>;
  /** The fault that strikes a request, if one does. */
  strike?: ((request: AwsRequest) => Fault | undefined) | undefined;
  /** Pages that are not AWS's, by path: what the local cloud tells its own commands. */
  pages?: ReadonlyMap<string, () => unknown>;
}

type Request = http.IncomingMessage | http2.Http2ServerRequest;
type Response = http.ServerResponse | http2.Http2ServerResponse;

/**
 * Starts the endpoint on loopback. It speaks HTTP/1.1 and HTTP/2 without TLS on the same port, because the SDK's
 * Kinesis client speaks HTTP/2 unless told otherwise.
 * @throws CommandError when the port is in use
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const agent = new http.Agent({ keepAlive: true });
  const handle = (request: Request, response: Response) => {
    answer(request, response, options, agent).catch((error: Error) => {
      send(response, awsError(undefined, 500, "InternalFailure", error.message));
    });
  };
  const http1Server = http.createServer({ keepAliveTimeout: 60_000 }, handle);
  const http2Server = http2.createServer(handle);
  const sockets = new Set<net.Socket>();

  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    dispatch(socket, http1Server, http2Server);
  });
  await listen(server, options.port);

  return {
    port: (server.address() as net.AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: net.Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? new CommandError(
              `port ${port} of 127.0.0.1 is in use, perhaps by another local cloud; stop that or choose another with --port.`,
            )
          : error,
      );
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}

/** Every HTTP/2 connection opens with the same words: https://www.rfc-editor.org/rfc/rfc9113#name-http-2-connection-preface */
const HTTP2_PREFACE = "PRI * HTTP/2";

/** Hands a connection to the server of its protocol, told by its first bytes. */
function dispatch(socket: net.Socket, http1Server: http.Server, http2Server: http2.Http2Server): void {
  socket.once("data", (start) => {
    socket.pause();
    const isHttp2 = start.subarray(0, HTTP2_PREFACE.length).toString("latin1") === HTTP2_PREFACE;
    (isHttp2 ? http2Server : http1Server).emit("connection", socket);
    socket.unshift(start);
    socket.resume();
  });
}

async function answer(
  request: Request,
  response: Response,
  options: GatewayOptions,
  agent: http.Agent,
): Promise<void> {
  const incoming = await readRequest(request);
  const page = options.pages?.get(incoming.url);
  if (page)
    return send(response, { status: 200, contentType: "application/json", body: JSON.stringify(page()) });

  const aws = readOrRefuse(incoming, options.account);
  if ("status" in aws) return send(response, aws);
  const refusal = authorize(aws, options.account);
  if (refusal) return send(response, refusal);
  await carryOut(
    incoming,
    request,
    aws,
    response,
    { agent, port: options.emulatorPorts[aws.service] },
    options.strike?.(aws),
  );
}

async function readRequest(request: Request): Promise<IncomingRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    header: (name) => String(request.headers[name] ?? "") || undefined,
    body: Buffer.concat(chunks),
  };
}

function readOrRefuse(request: IncomingRequest, account: Account): AwsRequest | AwsErrorResponse {
  try {
    return readAwsRequest(request, account);
  } catch (error) {
    if (!(error instanceof UnreadableRequestError)) throw error;
    return awsError(undefined, 400, error.code, error.message);
  }
}

function authorize(request: AwsRequest, account: LocalAccount): AwsErrorResponse | undefined {
  const { service, action } = request;
  const caller = account.caller(request.accessKeyId);
  if (!caller) return unknownKey(service);

  const resources = request.resources.length > 0 ? request.resources : [undefined];
  for (const resource of resources) {
    if (!account.allows(caller, action, resource)) return accessDenied(service, caller.arn, action, resource);
  }
  return undefined;
}

/** Headers of one connection, which must not be passed on to another. */
const CONNECTION_HEADERS = ["connection", "keep-alive", "transfer-encoding", "upgrade", "expect"];

/** Where an emulator listens. */
interface Emulator {
  agent: http.Agent;
  port: number;
}

/** Has the emulator carry the request out, unless, and except as, a fault has it otherwise. */
async function carryOut(
  incoming: IncomingRequest,
  request: Request,
  { body }: AwsRequest,
  response: Response,
  emulator: Emulator,
  fault: Fault | undefined,
): Promise<void> {
  if (fault?.effect === "refuse") return send(response, fault.response);
  if (fault?.effect === "delay") await setTimeout(fault.milliseconds);
  if (fault?.effect === "disconnect") {
    if (fault.carriedOut) await text(await callEmulator(incoming, request.headers, body, emulator));
    return disconnect(request);
  }
  if (fault?.effect === "reduce") {
    const answer = await callEmulator(incoming, request.headers, fault.body, emulator);
    const contentType = answer.headers["content-type"] ?? "application/x-amz-json-1.1";
    const answered = await text(answer);
    const isSuccess = answer.statusCode === 200;
    return send(response, {
      status: answer.statusCode ?? 500,
      contentType,
      body: isSuccess ? fault.complete(answered) : answered,
    });
  }
  const answer = await callEmulator(incoming, request.headers, body, emulator);
  response.writeHead(answer.statusCode ?? 500, passedOn(answer.headers));
  await pipeline(answer, response as NodeJS.WritableStream);
}

function callEmulator(
  { method, url: path }: IncomingRequest,
  headers: http.IncomingHttpHeaders,
  body: Buffer,
  { agent, port }: Emulator,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      {
        agent,
        host: "127.0.0.1",
        port,
        method,
        path,
        headers: { ...passedOn(headers), "content-length": body.length },
      },
      resolve,
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Ends the caller's connection, or over HTTP/2 its stream, without an answer. */
function disconnect(request: Request): void {
  if ("stream" in request) request.stream.close(http2.constants.NGHTTP2_CANCEL);
  else request.socket.destroy();
}

function passedOn(headers: http.IncomingHttpHeaders): http.OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith(":") && !CONNECTION_HEADERS.includes(name)),
  );
}

function send(response: Response, { status, contentType, body }: AwsErrorResponse): void {
  if (response.headersSent) return;
  response.writeHead(status, { "content-type": contentType });
  response.end(body);
}
