import { createServer } from "node:https";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { OUR_TAG } from "../../../../producer/sources/x/rule-owner";
import { Rules } from "../../../../producer/sources/x/rules";
import { answerOf, signIn } from "../../../../producer/sources/x/x-client";
import { type Certificate, makeCertificate, trust } from "../../../../test-servers/certificate";
import { close, listen } from "../../../../test-servers/listen";
import {
  BEARER_TOKEN,
  CONSUMER_KEY,
  CONSUMER_SECRET,
  startXServer,
  type XServer,
} from "../../../../test-servers/x-server";

let certificate: Certificate;
let distrust: () => void;
let x: XServer;

beforeAll(() => {
  certificate = makeCertificate();
  distrust = trust(certificate);
});
afterAll(() => distrust());
beforeEach(async () => {
  x = await startXServer(certificate);
});
afterEach(() => x.stop());

async function rules(): Promise<Rules> {
  const settings = { credentials: { bearerToken: BEARER_TOKEN }, apiUrl: x.url };
  return new Rules(await signIn(settings), x.url);
}

const others = { id: "3", value: "dogs", tag: "theirs" };

describe("the rules at X", () => {
  it("are listed, created with our tag, and removed", async () => {
    const api = await rules();
    x.rules = [others];
    const created = await api.create(["yolo", "#rain"], OUR_TAG);
    expect(await api.list()).toEqual([others, ...created]);
    expect(created.map(({ value, tag }) => [value, tag])).toEqual([
      ["yolo", OUR_TAG],
      ["#rain", OUR_TAG],
    ]);
    await api.remove(created);
    expect(x.rules).toEqual([others]);
  });

  it("are created all together or not at all", async () => {
    const api = await rules();
    await expect(api.create(["yolo", "bogus:1"], OUR_TAG)).rejects.toMatchObject({
      message:
        "X does not accept the rule bogus:1 (UnprocessableEntity: Reference to invalid operator 'bogus' (at position 1)); see https://docs.x.com/x-api/posts/filtered-stream/integrate/build-a-rule for what a rule may be",
      exitCode: 2,
    });
    expect(x.rules).toEqual([]);
  });

  it("are too many: what X says is shown with the remedy", async () => {
    const problem = {
      title: "RulesCapExceeded",
      detail: "too many",
      type: "https://api.x.com/2/problems/rule-cap",
    };
    x.answerRules(201, { errors: [{ ...problem, value: "yolo" }], meta: {} });
    await expect((await rules()).create(["yolo"], OUR_TAG)).rejects.toThrow(
      "X does not accept the rule yolo (RulesCapExceeded: too many); this app has reached its limit of rules",
    );
  });

  it.each([
    [
      400,
      { title: "Invalid Request", errors: [{ message: "bad" }] },
      "X: the server answered HTTP 400, Invalid Request; bad",
    ],
    [401, { title: "Unauthorized" }, "X: the credentials are not valid"],
    [
      403,
      { title: "Forbidden", detail: "client-not-enrolled" },
      "X: this app may not use the filtered stream",
    ],
    [429, {}, "X: this app has sent too many requests (HTTP 429)"],
    [503, {}, "X: the server answered HTTP 503"],
    [200, { data: "what" }, "something that is not the rules of a filtered stream"],
  ])("cannot be listed when X answers %d %j", async (status, body, message) => {
    x.answerRules(status, body);
    await expect((await rules()).list()).rejects.toThrow(message);
  });

  it("cannot be listed when X cannot be reached", async () => {
    const api = await rules();
    await x.stop();
    await expect(api.list()).rejects.toThrow(`X cannot be reached at ${x.url}: connect ECONNREFUSED`);
  });
});

describe("a request that gets no answer", () => {
  async function messageFrom(trusted: boolean): Promise<string> {
    const { key, cert, file } = makeCertificate();
    const server = createServer({ key, cert }, ({ socket }) => socket.destroy());
    const apiUrl = (await listen(server)).replace("http:", "https:");
    const distrust = trusted ? trust({ key, cert, file }) : () => {};
    const { api } = await signIn({ credentials: { bearerToken: BEARER_TOKEN }, apiUrl });
    const error = await answerOf(apiUrl, api.v2.streamRules()).catch((reason: Error) => reason);
    distrust();
    await close(server);
    return error instanceof Error ? error.message.replace(apiUrl, "<url>") : "";
  }

  it("fails with the network's message", async () => {
    // Node.js 24 adds what to try.
    expect(await messageFrom(false)).toMatch(/^X cannot be reached at <url>: self-signed certificate(;|$)/);
  });

  it("fails with a message of its own if the network has none", async () => {
    expect(await messageFrom(true)).toBe(
      "X cannot be reached at <url>: the connection was closed before an answer came",
    );
  });
});

describe("signing in", () => {
  it("exchanges the consumer key and secret for a bearer token", async () => {
    const settings = {
      apiUrl: x.url,
      credentials: { consumerKey: CONSUMER_KEY, consumerSecret: CONSUMER_SECRET },
    };
    expect((await signIn(settings)).bearerToken).toBe(BEARER_TOKEN);
    expect(x.requests).toEqual(["POST /oauth2/token"]);

    const wrong = { ...settings, credentials: { consumerKey: CONSUMER_KEY, consumerSecret: "wrong-secret" } };
    await expect(signIn(wrong)).rejects.toMatchObject({
      message: expect.stringMatching(/HTTP 403, Unable to verify your credentials(?!.*wrong-secret)/),
    });
    x.answerToken(200, {});
    await expect(signIn(settings)).rejects.toThrow("answered a sign-in without a token");
  });
});
