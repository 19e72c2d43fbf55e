import http from "node:http";
import http2 from "node:http2";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";
import type { AwsErrorResponse } from "./aws-error";
import type { AwsRequest, IncomingRequest } from "./aws-request";
import type { Fault } from "./fault";
import type { Request, Response } from "./http-server";

/** Headers of one connection, which must not be passed on to another. */
const CONNECTION_HEADERS = ["connection", "keep-alive", "transfer-encoding", "upgrade", "expect"];

/** Where an emulator listens. */
export interface Emulator {
  agent: http.Agent;
  port: number;
}

/** Has the emulator carry the request out, unless, and except as, a fault has it otherwise. */
export async function carryOut(
  incoming: IncomingRequest,
  request: Request,
  { body }: AwsRequest,
  response: Response,
  emulator: Emulator,
  fault: Fault | undefined,
): Promise<void> {
  if (fault?.effect === "answer") return send(response, fault.response);
  if (fault?.effect === "delay") await setTimeout(fault.delayMs);
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

/** Answers, unless an answer is under way. */
export function send(response: Response, { status, contentType, body }: AwsErrorResponse): void {
  if (response.headersSent) return;
  response.writeHead(status, { "content-type": contentType });
  response.end(body);
}
