import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll } from "@jest/globals";
import { type Clients, createClients } from "../../local/gateway/clients";
import { type Emulators, type Service, startEmulators } from "../../local/gateway/emulators";
import { startGateway } from "../../local/gateway/gateway";
import type { HttpServer } from "../../local/gateway/http-server";
import { type AccessKey, LocalAccount } from "../../local/gateway/local-account";
import { systemClock } from "../../shared/clock";
import { type RawRequest, signed } from "./signed-request";

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
      emulatorSockets: emulators.sockets,
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
