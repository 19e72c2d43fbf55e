import http from "node:http";
import { type AwsErrorResponse, accessDenied, awsError, unknownKey } from "./aws-error";
import {
  type Account,
  type AwsRequest,
  type IncomingRequest,
  readAwsRequest,
  UnreadableRequestError,
} from "./aws-request";
import { carryOut, send } from "./carry-out";
import type { Service } from "./emulators";
import type { Fault } from "./fault";
import { type HttpServer, type Request, type Response, startHttpServer } from "./http-server";
import type { LocalAccount } from "./local-account";

/** The one endpoint: whoever calls it for whatever service is known by the access key and held to the policies. */
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

/**
 * Starts the endpoint on loopback.
 * @throws CommandError when the port is in use
 */
export async function startGateway(options: GatewayOptions): Promise<HttpServer> {
  const agent = new http.Agent({ keepAlive: true });
  const server = await startHttpServer(options.port, (request, response) => {
    answer(request, response, options, agent).catch((error: Error) => {
      send(response, awsError(undefined, 500, "InternalFailure", error.message));
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
