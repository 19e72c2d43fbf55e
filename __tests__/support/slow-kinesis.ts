import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Certificate } from "../../test-servers/certificate";
import { close, listen } from "../../test-servers/listen";

/** What the server does with a call: it reads it first, at its own speed, and answers it, or is silent forever. */
export type Behaviour = (request: IncomingMessage, callsUnderWay: number) => Promise<string | typeof SILENCE>;

/** Instead of an answer. */
export const SILENCE = Symbol("silence");

/** Starts an HTTP server, or with a certificate an HTTPS server, that takes PutRecords calls as a slow link would. */
export async function startSlowKinesis(behave: Behaviour, certificate?: Certificate) {
  let underWay = 0;
  const answer = async (request: IncomingMessage) => {
    underWay++;
    request.once("close", () => underWay--);
    return behave(request, underWay);
  };
  const server = certificate ? createSecureServer(certificate) : createServer();
  server.on("request", (request, response) => {
    answer(request).then(
      (body) => body !== SILENCE && response.end(body),
      () => undefined,
    );
  });
  const url = await listen(server);
  return { url: certificate ? url.replace("http:", "https:") : url, stop: () => close(server) };
}
