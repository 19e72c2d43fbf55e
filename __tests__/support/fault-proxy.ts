import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { buffer } from "node:stream/consumers";
import { close, listen } from "../../test-servers/listen";

export interface ProxiedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface ProxiedResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Instead of an answer: the connection is reset. */
export const CONNECTION_RESET: unique symbol = Symbol("connection reset");

/**
 * What the proxy does with a request instead of passing it through. `forward` sends a request, this one or another, to
 * the target and returns its answer.
 */
export type ProxyFault = (
  request: ProxiedRequest,
  forward: (request: ProxiedRequest) => Promise<ProxiedResponse>,
) => Promise<ProxiedResponse | typeof CONNECTION_RESET>;

export interface FaultProxy {
  url: string;
  /** Every request that arrived, in order. */
  requests: readonly ProxiedRequest[];
  /** Each of the next requests meets one of the faults, in order; requests after that pass through. */
  inject(...faults: ProxyFault[]): void;
  /** Every request that finds no injected fault meets this one, until it is changed. */
  injectAlways(fault: ProxyFault | undefined): void;
  /** Resolves once the target has answered what reached it: an emulator may then be stopped. */
  stop(): Promise<void>;
}

/** Starts an HTTP proxy on loopback that passes requests to a service, or lets them fail. */
export async function startFaultProxy(targetUrl: string): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  const requests: ProxiedRequest[] = [];
  const underWay = new Set<Promise<ProxiedResponse>>();
  const queue: ProxyFault[] = [];
  let constant: ProxyFault | undefined;

  const forward = (request: ProxiedRequest) => {
    const answer = send(targetUrl, agent, request);
    underWay.add(answer);
    return answer.finally(() => underWay.delete(answer));
  };

  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const request = await read(incoming);
    requests.push(request);
    const fault = queue.shift() ?? constant ?? passThrough;
    const result = await fault(request, forward);
    if (result === CONNECTION_RESET) response.socket?.resetAndDestroy();
    else response.writeHead(result.status, withoutFraming(result.headers)).end(result.body);
  };

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  return {
    url: await listen(server),
    requests,
    inject: (...faults) => void queue.push(...faults),
    injectAlways: (fault) => {
      constant = fault;
    },
    stop: async () => {
      await close(server);
      await Promise.allSettled(underWay);
      agent.destroy();
    },
  };
}

/** The request does not reach the target. */
export function answerWith(status: number, body: unknown = {}): ProxyFault {
  return async () => ({
    status,
    headers: { "content-type": "application/x-amz-json-1.0" },
    body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  });
}

/** The request does not reach the target. */
export const resetConnection: ProxyFault = async () => CONNECTION_RESET;

/** The target does what it was asked, but its answer is lost. */
export const loseResponse: ProxyFault = async (request, forward) => {
  await forward(request);
  return CONNECTION_RESET;
};

/** The target does what it was asked at once, but its answer is late. */
export function answerAfter(moment: Promise<unknown>): ProxyFault {
  return async (request, forward) => {
    const answer = await forward(request);
    await moment;
    return answer;
  };
}

const passThrough: ProxyFault = (request, forward) => forward(request);

async function read(incoming: IncomingMessage): Promise<ProxiedRequest> {
  const { method = "GET", url: path = "/", headers } = incoming;
  return { method, path, headers, body: await buffer(incoming) };
}

function send(targetUrl: string, agent: Agent, { method, path, headers, body }: ProxiedRequest) {
  return new Promise<ProxiedResponse>((resolve, reject) => {
    httpRequest(new URL(path, targetUrl), { agent, method, headers: withoutFraming(headers) }, (incoming) => {
      const { statusCode: status = 502, headers } = incoming;
      buffer(incoming).then((body) => resolve({ status, headers, body }), reject);
    })
      .on("error", reject)
      .end(body);
  });
}

/** Headers that describe one connection, or a body that a fault may have replaced. */
function withoutFraming(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const {
    connection,
    "keep-alive": keepAlive,
    "transfer-encoding": transferEncoding,
    "content-length": contentLength,
    expect,
    ...others
  } = headers;
  return others;
}
