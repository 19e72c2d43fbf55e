import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type Certificate, makeCertificate } from "./certificate";
import { close, listen } from "./listen";

export const BEARER_TOKEN = "AAAA-a-bearer-token-that-nobody-may-see";
export const CONSUMER_KEY = "a-consumer-key-that-nobody-may-see";
export const CONSUMER_SECRET = "a-consumer-secret-that-nobody-may-see";

export interface XRule {
  id: string;
  value: string;
  tag?: string;
}

/** What the server does with a request for the stream. */
export type StreamBehaviour = (response: ServerResponse, x: XServer) => void;

export interface XServer {
  url: string;
  certificate: Certificate;
  /** The app's rules. */
  rules: XRule[];
  /** `GET /2/tweets/search/stream?…` and so on, in order. */
  requests: string[];
  /** Streams that are open now. */
  streams: Set<ServerResponse>;
  /** Bytes that the network has taken from the server while it was `flooding`. */
  bytesSent: number;
  /** The next requests for the stream get one of these each, in order; all later ones get the last. */
  behave(...behaviours: StreamBehaviour[]): void;
  /** From now on, answers requests for the rules with this. */
  answerRules(status: number, body: unknown): void;
  /** From now on, answers requests for a token with this. */
  answerToken(status: number, body: unknown): void;
  stop(): Promise<void>;
}

/**
 * Starts a server on loopback that has the parts of X's API that a filtered stream needs: sign-in, rules, and a single
 * stream. It accepts only the credentials above.
 * @see https://docs.x.com/x-api/posts/filtered-stream/introduction
 */
export async function startXServer(certificate: Certificate = makeCertificate()): Promise<XServer> {
  const behaviours: StreamBehaviour[] = [];
  let fixedRules: [number, unknown] | undefined;
  let fixedToken: [number, unknown] | undefined;
  let ruleNumber = 1;

  const server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    x.requests.push(`${request.method} ${request.url}`);
    answer(request, response).catch(() => response.destroy());
  });

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? "", "https://x");
    if (pathname === "/oauth2/token") return json(response, ...(fixedToken ?? tokenAnswer(request)));
    if (request.headers.authorization !== `Bearer ${BEARER_TOKEN}`) return json(response, 401, UNAUTHORIZED);
    if (pathname === "/2/tweets/search/stream") return stream(response);
    if (pathname !== "/2/tweets/search/stream/rules") return json(response, 404, {});
    if (fixedRules) return json(response, ...fixedRules);
    if (request.method === "GET") return json(response, 200, { data: x.rules, meta: { sent: "" } });
    return json(response, ...updateRules(JSON.parse((await buffer(request)).toString())));
  };

  const updateRules = (update: {
    add?: Omit<XRule, "id">[];
    delete?: { ids: string[] };
  }): [number, unknown] => {
    if (update.delete) {
      x.rules = x.rules.filter(({ id }) => !update.delete?.ids.includes(id));
      return [200, { meta: { summary: { deleted: update.delete.ids.length } } }];
    }
    const add = update.add ?? [];
    const invalid = add.filter(({ value }) => value.includes("bogus:"));
    const valid = add
      .filter((rule) => !invalid.includes(rule))
      .map((rule) => ({ ...rule, id: `${ruleNumber++}` }));
    x.rules.push(...valid);
    const errors = invalid.map(({ value }) => ({ ...INVALID_RULE, value }));
    return [201, { data: valid, ...(errors.length > 0 && { errors }), meta: { sent: "" } }];
  };

  const stream = (response: ServerResponse) => {
    if (x.streams.size > 0) return json(response, 429, TOO_MANY_CONNECTIONS);
    const behaviour = (behaviours.length > 1 ? behaviours.shift() : behaviours[0]) ?? delivering();
    x.streams.add(response);
    response.once("close", () => x.streams.delete(response));
    behaviour(response, x);
  };

  const x: XServer = {
    url: (await listen(server)).replace("http:", "https:"),
    certificate,
    rules: [],
    requests: [],
    streams: new Set(),
    bytesSent: 0,
    behave: (...next) => void behaviours.splice(0, behaviours.length, ...next),
    answerRules: (...fixed) => {
      fixedRules = fixed;
    },
    answerToken: (...fixed) => {
      fixedToken = fixed;
    },
    stop: () => close(server),
  };
  return x;
}

function tokenAnswer({ headers }: IncomingMessage): [number, unknown] {
  const expected = Buffer.from(`${CONSUMER_KEY}:${CONSUMER_SECRET}`).toString("base64");
  if (headers.authorization !== `Basic ${expected}`) return [403, UNVERIFIED];
  return [200, { token_type: "bearer", access_token: BEARER_TOKEN }];
}

function json(response: ServerResponse, status: number, body: unknown, headers: OutgoingHttpHeaders = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** A post as the stream delivers it, with its line end; the values replace the defaults. */
export function streamedPost(
  values: { id?: string; text?: string; username?: string; ruleId?: string } = {},
): string {
  const { id = "1", text = "Hello", username = "ada", ruleId = "1" } = values;
  const payload = {
    data: {
      id,
      text,
      author_id: `of ${username}`,
      created_at: "2026-11-23T07:21:57.000Z",
      edit_history_tweet_ids: [id],
      lang: "en",
    },
    includes: { users: [{ id: `of ${username}`, username, name: username.toUpperCase() }] },
    matching_rules: [{ id: ruleId, tag: "" }],
  };
  return `${JSON.stringify(payload)}\r\n`;
}

/** The stream is accepted, the chunks arrive one by one, and then it stays silent. */
export function delivering(...chunks: (string | Uint8Array)[]): StreamBehaviour {
  return (response) => void send(response, chunks);
}

/** The stream is accepted and, after the chunks, ended. */
export function closing(...chunks: (string | Uint8Array)[]): StreamBehaviour {
  return (response) => void send(response, chunks).then(() => response.end());
}

/** The stream is accepted and, after the chunks, its connection is broken. */
export function breakingOff(...chunks: (string | Uint8Array)[]): StreamBehaviour {
  return (response) => void send(response, chunks).then(() => response.socket?.destroy());
}

/** The stream is not accepted; this is the answer instead. */
export function answering(
  status: number,
  body: unknown = {},
  headers?: OutgoingHttpHeaders,
): StreamBehaviour {
  return (response) => json(response, status, body, headers);
}

/** Nothing is answered. */
export const saysNothing: StreamBehaviour = () => {};

/** The stream carries these posts as fast as the network takes them, and then nothing. */
export function flooding(posts: Iterable<string>): StreamBehaviour {
  return (response, x) => {
    const counted = function* () {
      for (const post of posts) {
        yield post;
        x.bytesSent += Buffer.byteLength(post);
      }
    };
    Readable.from(counted()).pipe(response.writeHead(200), { end: false });
  };
}

async function send(response: ServerResponse, chunks: readonly (string | Uint8Array)[]): Promise<void> {
  response.writeHead(200).flushHeaders();
  response.socket?.setNoDelay();
  for (const chunk of chunks) {
    await new Promise((resolve) => response.write(chunk, resolve));
    // Keeps the client from reading the next chunk together with this one.
    await sleep(2);
  }
}

const UNAUTHORIZED = { title: "Unauthorized", type: "about:blank", status: 401, detail: "Unauthorized" };
const UNVERIFIED = {
  errors: [{ code: 99, message: "Unable to verify your credentials", label: "authenticity_token_error" }],
};
const INVALID_RULE = {
  title: "UnprocessableEntity",
  details: ["Reference to invalid operator 'bogus' (at position 1)"],
  type: "https://api.x.com/2/problems/invalid-rules",
};
export const TOO_MANY_CONNECTIONS = {
  title: "ConnectionException",
  detail: "This stream is currently at the maximum allowed connection limit.",
  connection_issue: "TooManyConnections",
  type: "https://api.x.com/2/problems/streaming-connection",
};
export const OPERATIONAL_DISCONNECT = {
  errors: [
    {
      title: "operational-disconnect",
      disconnect_type: "UpstreamOperationalDisconnect",
      detail: "This stream has been disconnected upstream for operational reasons.",
      type: "https://api.x.com/2/problems/operational-disconnect",
    },
  ],
};
