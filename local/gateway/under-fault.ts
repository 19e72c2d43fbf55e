import http2 from "node:http2";
import { text } from "node:stream/consumers";
import type { Clock } from "../../shared/clock";
import type { Fault } from "./fault";
import { callEmulator, type EmulatorAddress, forward } from "./forward";
import { type HttpResponse, send } from "./http-server";
import type { IncomingRequest } from "./incoming-request";

/** Forwards a request late, in part or not at all, depending on the fault that strikes it. */
export async function forwardUnderFault(
  fault: Fault,
  request: IncomingRequest,
  response: HttpResponse,
  emulator: EmulatorAddress,
  clock: Clock,
): Promise<void> {
  switch (fault.effect) {
    case "answer":
      return send(response, fault.response);
    case "delay":
      // The request is carried out even if the caller stops waiting.
      await clock.sleep(fault.delayMs, new AbortController().signal);
      return forward(request, response, emulator);
    case "disconnect":
      if (fault.carriedOut) await text(await callEmulator(request, emulator));
      return disconnect(response);
    case "reduce":
      return forwardPart(fault, request, response, emulator);
  }
}

async function forwardPart(
  { body, complete }: Extract<Fault, { effect: "reduce" }>,
  request: IncomingRequest,
  response: HttpResponse,
  emulator: EmulatorAddress,
): Promise<void> {
  const answer = await callEmulator({ ...request, body }, emulator);
  const answered = await text(answer);
  send(response, {
    status: answer.statusCode ?? 500,
    contentType: answer.headers["content-type"] ?? "application/x-amz-json-1.1",
    body: answer.statusCode === 200 ? complete(answered) : answered,
  });
}

/** Ends the caller's connection, or over HTTP/2 its stream, without an answer. */
function disconnect(response: HttpResponse): void {
  if (response.stream) response.stream.close(http2.constants.NGHTTP2_CANCEL);
  else response.socket?.destroy();
}
