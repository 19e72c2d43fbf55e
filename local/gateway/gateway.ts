import http from "node:http";
import type { Clock } from "../../shared/clock";
import { accessDenied, awsError, unknownKey } from "./aws-error";
import { type Account, type AwsRequest, readAwsRequest, serviceOf } from "./aws-request";
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
import { type IncomingRequest, UnreadableRequestError } from "./incoming-request";
import { CborResponse, isCbor } from "./kinesis-cbor";
import type { LocalAccount } from "./local-account";
import { forwardUnderFault } from "./under-fault";

export interface GatewayOptions {
  /** 0 picks any free port. */
  port: number;
  account: LocalAccount;
  emulatorPorts: Record<Service, number>;
  clock: Clock;
  /** Decides which fault strikes a request, if one does. */
  strike?: ((request: AwsRequest) => Fault | undefined) | undefined;
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
      send(answered, awsError(undefined, 500, "InternalFailure", error.message));
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
  { account, emulatorPorts, clock, strike, pages }: GatewayOptions,
  agent: http.Agent,
): Promise<void> {
  const incoming = await receive(request);
  const page = pages?.get(incoming.url);
  if (page)
    return send(response, { status: 200, contentType: "application/json", body: JSON.stringify(page()) });

  const aws = readOrAnswer(incoming, account);
  if ("status" in aws) return send(response, aws);
  const denial = deny(aws, account);
  if (denial) return send(response, denial);

  const emulator = { agent, port: emulatorPorts[aws.service] };
  const fault = strike?.(aws);
  if (fault) await forwardUnderFault(fault, aws, response, emulator, clock);
  else await forward(aws, response, emulator);
}

async function receive(request: HttpRequest): Promise<IncomingRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    headers: request.headers,
    body: Buffer.concat(chunks),
  };
}

/** The request as AWS reads it, or the answer to one that cannot be read. */
function readOrAnswer(request: IncomingRequest, account: Account): AwsRequest | Answer {
  try {
    return readAwsRequest(request, account);
  } catch (error) {
    if (!(error instanceof UnreadableRequestError)) throw error;
    return awsError(serviceOf(request), 400, error.code, error.message);
  }
}

/** The answer to a caller that may not make this request; undefined if it may. */
function deny(request: AwsRequest, account: LocalAccount): Answer | undefined {
  const { service, action } = request;
  const caller = account.caller(request.accessKeyId);
  if (!caller) return unknownKey(service);

  const resources = request.resources.length > 0 ? request.resources : [undefined];
  for (const resource of resources) {
    if (!account.allows(caller, action, resource)) return accessDenied(service, caller.arn, action, resource);
  }
  return undefined;
}
