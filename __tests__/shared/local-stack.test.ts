import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { localStack } from "../../shared/local-stack";
import { close, listen } from "../../test-servers/listen";
import { OUTPUTS, SECRET } from "../support/stack-outputs";

describe("localStack", () => {
  let server: Server;
  let answer: { status: number; body: string };
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(answer.status).end(answer.body);
    });
    await listen(server);
  });
  afterEach(() => close(server));

  const port = () => (server.address() as AddressInfo).port;
  const operator = { accessKeyId: "operator", secretAccessKey: "operator-secret" };

  it("asks the local cloud for its stack and for the operator's credentials", async () => {
    answer = { status: 200, body: JSON.stringify({ outputs: OUTPUTS, operator }) };
    expect(await localStack(port())).toEqual({
      outputs: OUTPUTS,
      operator,
      endpoint: `http://127.0.0.1:${port()}`,
    });
    expect(asked).toEqual(["GET /_local/outputs"]);
  });

  it.each([
    ["is no local cloud", { status: 404, body: "not found" }],
    [
      "answers something else",
      { status: 200, body: JSON.stringify({ outputs: { ...OUTPUTS, region: 1 }, operator }) },
    ],
  ])("reports a server that %s", async (_, other) => {
    answer = other;
    const attempt = localStack(port());
    await expect(attempt).rejects.toThrow(`what listens on 127.0.0.1:${port()} is not a local cloud`);
    await expect(attempt).rejects.not.toThrow(SECRET);
  });

  it("says how to start a local cloud when nothing listens", async () => {
    const free = port();
    await close(server);
    await expect(localStack(free)).rejects.toThrow(
      `no local cloud on 127.0.0.1:${free}; start it with \`npm run local\``,
    );
  });
});
