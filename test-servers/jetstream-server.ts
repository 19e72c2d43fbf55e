import { createServer, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { type Message, OUTDATED_CURSOR } from "./jetstream-messages";
import { close, listen } from "./listen";

/** What a server does with a connection before, or instead of, serving it. */
export type Misbehaviour =
  /** The HTTP status it answers instead of a handshake. */
  | { answer: number }
  /** What it does after the handshake; it then serves the connection if this resolves to true. */
  | { accept: (socket: WebSocket, raw: Socket) => Promise<boolean> };

export interface JetstreamServer {
  /** The endpoint of version 1 of the service. */
  url: URL;
  /** The endpoint of version 2. */
  url2: URL;
  /** The requests for a subscription, in order. */
  subscriptions: readonly { path: string; parameters: URLSearchParams }[];
  /** How many connections are open. */
  connections(): number;
  /** Sends messages to every client, and keeps them for those that connect later with an earlier cursor. */
  publish(...messages: Message[]): void;
  /** Forgets messages from before a time. A client with an earlier cursor begins at that time. */
  forgetBefore(timeUs: number): void;
  /** Resets every connection. */
  drop(): void;
  /** The next connections get one of these each, in order; later ones are served. */
  inject(...misbehaviours: Misbehaviour[]): void;
  stop(): Promise<void>;
}

/** Starts a Jetstream service on loopback, in both versions, that misbehaves on request. */
export async function startJetstreamServer(): Promise<JetstreamServer> {
  let history: Message[] = [];
  let oldestUs = 0;
  const queue: Misbehaviour[] = [];
  const subscriptions: { path: string; parameters: URLSearchParams }[] = [];
  const served = new Map<WebSocket, Version>();
  const webSockets = new WebSocketServer({ noServer: true });
  const http = createServer((_, response) => response.writeHead(404).end());

  const serve = (socket: WebSocket, path: string, cursor: string | null) => {
    const version = path.endsWith("subscribeEvents") ? "version2" : "version1";
    if (cursor !== null) {
      if (Number(cursor) < oldestUs && version === "version2") socket.send(JSON.stringify(OUTDATED_CURSOR));
      const replayed = history.filter(({ timeUs }) => timeUs >= Math.max(Number(cursor), oldestUs));
      for (const message of replayed) socket.send(JSON.stringify(message[version]));
    }
    served.set(socket, version);
    socket.on("close", () => served.delete(socket));
  };

  http.on("upgrade", (request: IncomingMessage, raw: Socket, head: Buffer) => {
    const { pathname: path, searchParams: parameters } = new URL(request.url ?? "/", "ws://localhost");
    subscriptions.push({ path, parameters });
    raw.on("error", () => {});
    const misbehaviour = queue.shift();
    if (misbehaviour && "answer" in misbehaviour) {
      raw.end(`HTTP/1.1 ${misbehaviour.answer} No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    webSockets.handleUpgrade(request, raw, head, (socket) => {
      socket.on("error", () => {});
      void (misbehaviour?.accept(socket, raw) ?? Promise.resolve(true)).then((isServed) => {
        if (isServed) serve(socket, path, parameters.get("cursor"));
      });
    });
  });

  const drop = () => {
    for (const socket of webSockets.clients) socket.terminate();
  };
  const url = (await listen(http)).replace("http:", "ws:");
  return {
    url: new URL(`${url}/subscribe`),
    url2: new URL(`${url}/xrpc/network.bsky.jetstream.subscribeEvents`),
    subscriptions,
    connections: () => webSockets.clients.size,
    publish(...messages) {
      history.push(...messages);
      for (const [socket, version] of served)
        for (const message of messages) socket.send(JSON.stringify(message[version]));
    },
    forgetBefore(timeUs) {
      oldestUs = timeUs;
      history = history.filter((message) => message.timeUs >= timeUs);
    },
    drop,
    inject: (...misbehaviours) => void queue.push(...misbehaviours),
    async stop() {
      drop();
      webSockets.close();
      await close(http);
    },
  };
}

type Version = "version1" | "version2";

/** Nothing is ever sent. */
export const silence: Misbehaviour = { accept: async () => false };

/** The connection is closed in an orderly way as soon as it is open. */
export const closeAfterAccept: Misbehaviour = {
  accept: async (socket) => {
    socket.close(1011, "go away");
    return false;
  },
};

/** These texts are sent as messages before anything else. */
export function sendFirst(...texts: string[]): Misbehaviour {
  return {
    accept: async (socket) => {
      for (const text of texts) socket.send(text);
      return true;
    },
  };
}

/** These messages are sent, and then the connection is closed in an orderly way. */
export function sendAndClose(...messages: Message[]): Misbehaviour {
  return {
    accept: async (socket) => {
      for (const { version1 } of messages) socket.send(JSON.stringify(version1));
      socket.close(1001, "going away");
      return false;
    },
  };
}

/** These messages are sent, and then the connection is reset, without a close. */
export function sendAndReset(...messages: Message[]): Misbehaviour {
  return {
    accept: async (socket, raw) => {
      for (const { version1 } of messages)
        await new Promise((resolve) => socket.send(JSON.stringify(version1), resolve));
      raw.resetAndDestroy();
      return false;
    },
  };
}

/** A message arrives in fragments, and every frame byte by byte. @param fragments how many */
export function sendInPieces(message: Message, fragments: number): Misbehaviour {
  return {
    accept: async (_, raw) => {
      raw.setNoDelay(true);
      const bytes = Buffer.from(JSON.stringify(message.version1));
      const size = Math.ceil(bytes.length / fragments);
      for (let at = 0; at < bytes.length; at += size) {
        const isLast = at + size >= bytes.length;
        for (const byte of frame(bytes.subarray(at, at + size), at === 0, isLast)) {
          raw.write(Buffer.from([byte]));
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      return true;
    },
  };
}

/** A text frame, or part of one. @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
function frame(payload: Buffer, isFirst: boolean, isLast: boolean): Buffer {
  if (payload.length > 125) throw new Error("a fragment must be short");
  return Buffer.concat([Buffer.from([(isLast ? 0x80 : 0) | (isFirst ? 0x01 : 0), payload.length]), payload]);
}

/** A frame with an opcode that does not exist. */
export const brokenFrame: Misbehaviour = {
  accept: async (_, raw) => {
    raw.write(Buffer.from([0x83, 0x01, 0x00]));
    return false;
  },
};

/**
 * As many messages as the client takes, one after the other.
 * @param onSent is called with the size of each message that has left this process, in bytes
 */
export function flood(messages: Iterable<Message>, onSent: (bytes: number) => void): Misbehaviour {
  return {
    accept: async (socket) => {
      for (const { version1 } of messages) {
        const text = JSON.stringify(version1);
        await new Promise<void>((resolve) =>
          socket.send(text, () => {
            onSent(Buffer.byteLength(text));
            resolve();
          }),
        );
        if (socket.readyState !== socket.OPEN) break;
      }
      return true;
    },
  };
}
