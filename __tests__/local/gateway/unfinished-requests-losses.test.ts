import { once } from "node:events";
import http2 from "node:http2";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type HttpServer, type Patience, startHttpServer } from "../../../local/gateway/http-server";

/** Long enough to be never, in a test. */
const NEVER_MS = 3_600_000;
const FOREVER: Patience = { silenceMs: NEVER_MS, headMs: NEVER_MS, requestMs: NEVER_MS, checkMs: 10 };
let server: HttpServer;
let requests: string[];
const sockets: Socket[] = [];

async function start(patience: Partial<Patience>): Promise<void> {
  server = await startHttpServer(
    0,
    (request, response) => {
      void text(request)
        .catch(() => "aborted")
        .then((body) => {
          requests.push(body);
          response.writeHead(200, {});
          response.end("answer");
        });
    },
    { ...FOREVER, ...patience },
  );
}

beforeEach(() => {
  requests = [];
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

/** What the server answers until it ends the connection. */
async function answerTo(...parts: string[]): Promise<string> {
  const socket = connect(server.port, "127.0.0.1");
  sockets.push(socket);
  await once(socket, "connect");
  for (const part of parts) socket.write(part);
  return (await text(socket)).split("\r\n")[0] ?? "";
}

const HEAD = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n";

describe("a connection", () => {
  it("that says nothing is closed", async () => {
    await start({ silenceMs: 20 });
    expect(await answerTo()).toBe("");
  });

  it("that stops in the first bytes of HTTP/2 is closed", async () => {
    await start({ silenceMs: 20 });
    expect(await answerTo("PRI *")).toBe("");
  });

  it("that stops in the head of a request is answered HTTP 408 and closed", async () => {
    await start({ headMs: 20 });
    expect(await answerTo(HEAD)).toBe("HTTP/1.1 408 Request Timeout");
    expect(requests).toEqual([]);
  });

  it("that stops in the head of its second request is closed, too", async () => {
    await start({ headMs: 20 });
    expect(await answerTo(`${HEAD}\r\nab`, HEAD)).toBe("HTTP/1.1 200 OK");
    expect(requests).toEqual(["ab"]);
  });

  it("that stops in the body of a request is closed", async () => {
    await start({ headMs: 20, requestMs: 20 });
    expect(await answerTo(`${HEAD}\r\na`)).toBe("HTTP/1.1 408 Request Timeout");
    expect(requests).toEqual(["aborted"]);
  });

  it("over HTTP/2 that stops in a request is closed", async () => {
    await start({ headMs: 20, requestMs: 20 });
    const session = http2.connect(`http://127.0.0.1:${server.port}`);
    session.on("error", () => undefined);
    const stream = session.request({ ":method": "POST", ":path": "/" });
    stream.on("error", () => undefined);
    stream.write("a");
    await once(session, "close");
    expect(session.destroyed).toBe(true);
  });

  it("over HTTP/2 is one whatever parts its first bytes come in", async () => {
    await start({});
    const socket = connect({ port: server.port, host: "127.0.0.1", noDelay: true });
    sockets.push(socket);
    await once(socket, "connect");
    const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    for (const part of ["PRI", " * HTTP/2.0\r\n\r\nSM\r\n\r\n", settings])
      await new Promise((resolve) => socket.write(part, resolve));
    const [frame] = await once(socket, "data");
    expect(frame[3]).toBe(settings[3]);
  });
});
