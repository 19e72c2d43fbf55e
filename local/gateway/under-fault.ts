import http2 from "node:http2";
import { text } from "node:stream/consumers";
import type { Clock } from "../../shared/clock";
import type { Effect, Fault } from "./fault";
import { callEmulator, type EmulatorAddress, forward } from "./forward";
import { type HttpResponse, send } from "./http-server";
import type { IncomingRequest } from "./incoming-request";

/**
 * Forwards a request late, in part or not at all, depending on the fault that strikes it. The fault took effect if the
 * caller was still waiting, and if the emulator carried out what it was to carry out.
 */
export async function forwardUnderFault(
  fault: Fault,
  request: IncomingRequest,
  response: HttpResponse,
  emulator: EmulatorAddress,
  clock: Clock,
): Promise<void> {
  let tookEffect = false;
  try {
    tookEffect = await carryOut(fault, request, response, emulator, clock);
  } finally {
    fault.onDone(tookEffect);
  }
}

/** @returns whether the fault took effect */
async function carryOut(
  effect: Effect,
  request: IncomingRequest,
  response: HttpResponse,
  emulator: EmulatorAddress,
  clock: Clock,
): Promise<boolean> {
  switch (effect.effect) {
    case "answer": {
      const isMet = isAwaited(response);
      send(response, effect.response);
      return isMet;
    }
    case "delay": {
      // The request is carried out even if the caller stops waiting.
      await clock.sleep(effect.delayMs, new AbortController().signal);
      await forward(request, response, emulator);
      return true;
    }
    case "disconnect": {
      const isCarriedOut = !effect.carriedOut || (await isSuccessful(request, emulator));
      const isMet = isAwaited(response);
      disconnect(response);
      return isCarriedOut && isMet;
    }
    case "reduce":
      return forwardPart(effect, request, response, emulator);
  }
}

async function isSuccessful(request: IncomingRequest, emulator: EmulatorAddress): Promise<boolean> {
  const answer = await callEmulator(request, emulator);
  await text(answer);
  return Number(answer.statusCode) < 300;
}

async function forwardPart(
  { body, complete }: Extract<Effect, { effect: "reduce" }>,
  request: IncomingRequest,
  response: HttpResponse,
  emulator: EmulatorAddress,
): Promise<boolean> {
  const answer = await callEmulator({ ...request, body }, emulator);
  const answered = await text(answer);
  const isCarriedOut = answer.statusCode === 200;
  const isMet = isAwaited(response);
  send(response, {
    status: answer.statusCode ?? 500,
    contentType: answer.headers["content-type"] ?? "application/x-amz-json-1.1",
    body: isCarriedOut ? complete(answered) : answered,
  });
  return isCarriedOut && isMet;
}

/** Whether the caller has not closed the connection, or over HTTP/2 the stream. */
function isAwaited(response: HttpResponse): boolean {
  return response.stream ? !response.stream.destroyed : !response.destroyed;
}

/** Ends the caller's connection, or over HTTP/2 its stream, without an answer. */
function disconnect(response: HttpResponse): void {
  if (response.stream) response.stream.close(http2.constants.NGHTTP2_CANCEL);
  else response.socket?.destroy();
}
