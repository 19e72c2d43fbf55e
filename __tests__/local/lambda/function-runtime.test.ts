import { describe, expect, it } from "@jest/globals";
import { errorOf, responseOf, sandboxed } from "../../support/sandboxed-function";
import { VirtualClock } from "../../support/virtual-clock";

describe("An invocation", () => {
  it("ends with what the handler returns", async () => {
    const echo = sandboxed("export const handler = async (event) => event;");
    expect(await responseOf(echo, { Records: ["é", null, 1.5] })).toEqual({ Records: ["é", null, 1.5] });
  });

  it("ends with null when the handler returns nothing", async () => {
    expect(await responseOf(sandboxed("export const handler = async () => {};"))).toBeNull();
  });

  it("runs a handler in CommonJS, of any name, in any file", async () => {
    const declared = { file: "app.js", handler: "app.run" };
    expect(await responseOf(sandboxed("exports.run = () => 'done';", declared))).toBe("done");
  });

  it("gives the handler its context", async () => {
    const clock = new VirtualClock();
    const { sandbox } = sandboxed(
      `
      Date.now = () => ${clock.now() + 5_000};
      export const handler = async (_, { awsRequestId, functionName, invokedFunctionArn, getRemainingTimeInMillis }) =>
        ({ awsRequestId, functionName, invokedFunctionArn, remaining: getRemainingTimeInMillis() });
    `,
      { timeout: 20 },
      clock,
    );
    const outcome = await sandbox.invoke({});
    expect(outcome).toEqual({
      ok: true,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      response: {
        awsRequestId: outcome.requestId,
        functionName: "test",
        invokedFunctionArn: "arn:aws:lambda:eu-west-1:123456789012:function:test",
        remaining: 15_000,
      },
    });
  });

  it("has no time left once its deadline has passed", async () => {
    const clock = new VirtualClock();
    const late = sandboxed(
      `
      Date.now = () => ${clock.now() + 21_000};
      export const handler = async (_, { getRemainingTimeInMillis }) => getRemainingTimeInMillis();
    `,
      { timeout: 20 },
      clock,
    );
    expect(await responseOf(late)).toBe(0);
  });

  it("fails with what the handler throws, which is also in the log", async () => {
    const throwing = sandboxed(
      "export const handler = async () => { throw new TypeError('no such thing'); };",
    );
    expect(await errorOf(throwing)).toEqual({ errorType: "TypeError", errorMessage: "no such thing" });
    await throwing.logged("TypeError: no such thing");
  });

  it("fails when the handler throws something that is not an Error", async () => {
    const throwing = sandboxed("export const handler = async () => { throw 'no'; };");
    expect(await errorOf(throwing)).toEqual({ errorType: "string", errorMessage: "no" });
  });

  it("fails when the response is not JSON", async () => {
    const { errorType } = await errorOf(sandboxed("export const handler = async () => ({ id: 1n });"));
    expect(errorType).toBe("TypeError");
  });
});

describe("A function that cannot be loaded", () => {
  it.each([
    [
      "with a syntax error",
      "export const handler = ;",
      "Runtime.UserCodeSyntaxError",
      "SyntaxError: Unexpected token ';'",
    ],
    [
      "without its handler",
      "export const other = 1;",
      "Runtime.HandlerNotFound",
      "index.handler is undefined or not exported",
    ],
    ["that throws", "throw new RangeError('not today');", "RangeError", "not today"],
  ])("%s fails every invocation, and the error says why", async (_, code, errorType, errorMessage) => {
    const broken = sandboxed(code);
    expect(await errorOf(broken)).toEqual({ errorType, errorMessage });
    expect(await errorOf(broken)).toEqual({ errorType, errorMessage });
    await broken.logged(errorMessage);
  });

  it("because a module is missing fails with its name", async () => {
    const { errorType, errorMessage } = await errorOf(
      sandboxed("import 'no-such-module'; export const handler = 1;"),
    );
    expect(errorType).toBe("Runtime.ImportModuleError");
    expect(errorMessage).toContain("no-such-module");
  });

  it("because its file is missing fails with its name", async () => {
    expect(await errorOf(sandboxed("", { handler: "other.handler" }))).toEqual({
      errorType: "Runtime.ImportModuleError",
      errorMessage: "Error: Cannot find module 'other'",
    });
  });

  it("because no process can be started is not invoked at all", async () => {
    const { sandbox } = sandboxed("", { codeFolder: "/no/such/folder" });
    await expect(sandbox.invoke({})).rejects.toThrow("ENOENT");
    await sandbox.stop();
  });
});
