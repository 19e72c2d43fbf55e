import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll } from "@jest/globals";
import { HttpRequest } from "@smithy/core/protocols";
import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import { type Clients, createClients } from "../../local/gateway/clients";
import { type Emulators, type Service, startEmulators } from "../../local/gateway/emulators";
import { startGateway } from "../../local/gateway/gateway";
import type { HttpServer } from "../../local/gateway/http-server";
import { type AccessKey, LocalAccount } from "../../local/gateway/local-account";
import { systemClock } from "../../shared/clock";

/** A request as it goes over the wire. */
export interface RawRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** The answer to it. */
export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Gives the tests of a file the gateway in front of empty emulators. */
export function useGateway() {
  let emulators: Emulators;
  let gateway: HttpServer;
  let clients: Clients;
  const account = new LocalAccount("us-east-1");

  beforeAll(async () => {
    emulators = await startEmulators();
    gateway = await startGateway({
      port: 0,
      account,
      emulatorPorts: emulators.ports,
      clock: systemClock,
    });
    clients = createClients(`http://127.0.0.1:${gateway.port}`, "us-east-1", account.operatorKey);
  });
  afterAll(async () => {
    await gateway.close();
    await emulators.stop();
  });

  return {
    account,
    operator: account.operatorKey,
    get port() {
      return gateway.port;
    },
    /** The operator's clients. */
    get clients() {
      return clients;
    },
    /** Sends a request as it is. */
    send: (request: RawRequest) => sendRaw(gateway.port, request),
    /** Signs a request, by default with the operator's key, and sends it. */
    sendSigned: async (service: Service, request: RawRequest, key: AccessKey = account.operatorKey) =>
      sendRaw(gateway.port, await signed(service, gateway.port, request, key)),
  };
}

/** The request with the signature of AWS's version 4 in its headers. */
export async function signed(
  service: Service,
  port: number,
  { method, path, headers, body }: RawRequest,
  credentials: AccessKey,
  signingDate = new Date(),
): Promise<RawRequest> {
  const signer = new SignatureV4({
    service,
    region: "us-east-1",
    credentials,
    sha256: Hash.bind(null, "sha256"),
    uriEscapePath: service !== "s3",
  });
  const url = new URL(path, `http://127.0.0.1:${port}`);
  const unsigned = new HttpRequest({
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...headers },
    body,
  });
  const request = await signer.sign(unsigned, { signingDate });
  return { method, path, headers: request.headers, body };
}

function sendRaw(port: number, { method, path, headers, body }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, method, path, headers }, async (response) => {
      try {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: await buffer(response),
        });
      } catch (error) {
        reject(error);
      }
    });
    request.on("error", reject);
    request.end(body);
  });
}
