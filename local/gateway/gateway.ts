import http from "node:http";
import { type Clock, systemClock } from "../../shared/clock";
import { accessDenied, awsError, notAuthorized, unknownKey } from "./aws-error";
import { type AwsRequest, readAwsRequest, serviceOf } from "./aws-request";
import type { Service } from "./emulators";
import type { Fault } from "./fault";
import { forward } from "./forward";
import {
  type Answer,
  type HttpRequest,
  type HttpResponse,
  type HttpServer,
  send,
  startHttpServer,
} from "./http-server";
import { type IncomingRequest, type RequestHead, UnreadableRequestError } from "./incoming-request";
import { CborResponse, isCbor } from "./kinesis-cbor";
import type { LocalAccount } from "./local-account";
import { assertSize, headOf, receive } from "./receive";
import { assertShape } from "./request-shape";
import { forwardUnderFault } from "./under-fault";
import { verifySignature } from "./verify-signature";
import { assertNoWebPage } from "./web-page";

export interface GatewayOptions {
  /** 0 picks any free port. */
  port: number;
  account: LocalAccount;
  emulatorSockets: Record<Service, string>;
  /** Time for the faults that strike. */
  clock: Clock;
  /** The time by which signatures are valid; defaults to the system's. */
  callersClock?: Clock;
  /** Decides which fault strikes a request, if one does. */
  strike?: ((request: AwsRequest) => Fault | undefined) | undefined;
  /** Called with what a caller's policies do not allow, in AWS's words. */
  onDenied?: (message: string) => void;
  /** Pages for the project's own commands, by path, answered as JSON. */
  pages?: ReadonlyMap<string, () => unknown>;
}

/**
 * Starts the one endpoint of every service, on loopback. It identifies callers by their access keys, denies what their
 * policies do not allow, as AWS does, and forwards all other requests to the emulators.
 * @throws CommandError when the port is in use
 */
export async function startGateway(options: GatewayOptions): Promise<HttpServer> {
  const agent = new http.Agent({ keepAlive: true });
  const server = await startHttpServer(options.port, (request, response) => {
    const answered = isCbor(request) ? new CborResponse(response) : response;
    handle(request, answered, options, agent).catch((error: Error) => {
      send(answered, answerTo(error, headOf(request)));
      // What it still sends is not kept.
      request.resume();
    });
  });
  return {
    port: server.port,
    close: async () => {
      await server.close();
      agent.destroy();
    },
  };
}

async function handle(
  request: HttpRequest,
  response: HttpResponse,
  { account, emulatorSockets, clock, callersClock = systemClock, strike, onDenied, pages }: GatewayOptions,
  agent: http.Agent,
): Promise<void> {
  assertNoWebPage(headOf(request));
  const incoming = await receive(request);
  const page = pages?.get(incoming.url);
  if (page)
    return send(response, { status: 200, contentType: "application/json", body: JSON.stringify(page()) });

  const aws = readAwsRequest(incoming, account);
  const denial = (await authenticate(incoming, aws, account, callersClock)) ?? deny(aws, account, onDenied);
  if (denial) return send(response, denial);
  // JSON takes a third more than CBOR.
  assertSize(aws.service, aws.body.length);
  assertShape(aws);

  const emulator = { agent, socketPath: emulatorSockets[aws.service] };
  const fault = strike?.(aws);
  if (fault) await forwardUnderFault(fault, aws, response, emulator, clock);
  else await forward(aws, response, emulator);
}

/** The answer to a request that could not be handled. */
function answerTo(error: Error, head: RequestHead): Answer {
  return error instanceof UnreadableRequestError
    ? awsError(serviceOf(head), error.status, error.code, error.message)
    : awsError(serviceOf(head), 500, "InternalFailure", error.message);
}

/** The answer to a request that its caller's key did not sign; undefined if it did. */
async function authenticate(
  request: IncomingRequest,
  { service, credential }: AwsRequest,
  account: LocalAccount,
  clock: Clock,
): Promise<Answer | undefined> {
  const secret = account.secretOf(credential.accessKeyId);
  if (secret === undefined) return unknownKey(service);
  await verifySignature(request, credential, secret, clock.now());
  return undefined;
}

/** The answer to a caller that may not make this request; undefined if it may. */
function deny(
  { service, action, credential, ...request }: AwsRequest,
  account: LocalAccount,
  onDenied?: (message: string) => void,
): Answer | undefined {
  const caller = account.caller(credential.accessKeyId);
  if (!caller) return unknownKey(service);

  const resources = request.resources.length > 0 ? request.resources : [undefined];
  for (const resource of resources) {
    if (account.allows(caller, action, resource)) continue;
    onDenied?.(notAuthorized(caller.arn, action, resource));
    return accessDenied(service, caller.arn, action, resource);
  }
  return undefined;
}
