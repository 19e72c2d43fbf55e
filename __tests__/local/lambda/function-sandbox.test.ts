import { describe, expect, it } from "@jest/globals";
import { until } from "../../support/moment";
import { type SandboxedFunction, sandboxed } from "../../support/sandboxed-function";
import { VirtualClock } from "../../support/virtual-clock";

/** What an invocation returned; anything else is an error of the test. */
async function response({ sandbox }: SandboxedFunction, event: unknown = {}): Promise<unknown> {
  const outcome = await sandbox.invoke(event);
  if (!outcome.ok) throw new Error(`${outcome.error.errorType}: ${outcome.error.errorMessage}`);
  return outcome.response;
}

/** What an invocation failed with. */
async function error({ sandbox }: SandboxedFunction, event: unknown = {}) {
  const outcome = await sandbox.invoke(event);
  if (outcome.ok) throw new Error("the invocation succeeded");
  return outcome.error;
}

function isRunning(pid: unknown): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

/** Counts the invocations of its process. */
const COUNTER = `
  let count = 0;
  export const handler = async () => ({ pid: process.pid, count: ++count });
`;

describe("An invocation", () => {
  it("ends with what the handler returns", async () => {
    const echo = sandboxed("export const handler = async (event) => event;");
    expect(await response(echo, { Records: ["é", null, 1.5] })).toEqual({ Records: ["é", null, 1.5] });
  });

  it("ends with null where the handler returns nothing", async () => {
    expect(await response(sandboxed("export const handler = async () => {};"))).toBeNull();
  });

  it("runs a handler in CommonJS, of any name, in any file", async () => {
    const declared = { file: "app.js", handler: "app.run" };
    expect(await response(sandboxed("exports.run = () => 'done';", declared))).toBe("done");
  });

  it("gives the handler its context", async () => {
    const { sandbox } = sandboxed(`
      export const handler = async (_, { awsRequestId, functionName, invokedFunctionArn, getRemainingTimeInMillis }) =>
        ({ awsRequestId, functionName, invokedFunctionArn, remaining: getRemainingTimeInMillis() });
    `);
    const outcome = await sandbox.invoke({});
    expect(outcome).toEqual({
      ok: true,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      response: {
        awsRequestId: outcome.requestId,
        functionName: "test",
        invokedFunctionArn: "arn:aws:lambda:eu-west-1:123456789012:function:test",
        remaining: expect.any(Number),
      },
    });
    const { remaining } = (outcome as { response: { remaining: number } }).response;
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThanOrEqual(20_000);
  });

  it("fails with what the handler throws, and the log has it", async () => {
    const throwing = sandboxed(
      "export const handler = async () => { throw new TypeError('no such thing'); };",
    );
    expect(await error(throwing)).toEqual({ errorType: "TypeError", errorMessage: "no such thing" });
    await throwing.logged("TypeError: no such thing");
  });

  it("fails when the handler throws what is no error", async () => {
    const throwing = sandboxed("export const handler = async () => { throw 'no'; };");
    expect(await error(throwing)).toEqual({ errorType: "string", errorMessage: "no" });
  });

  it("fails when the response is not JSON", async () => {
    const { errorType } = await error(sandboxed("export const handler = async () => ({ id: 1n });"));
    expect(errorType).toBe("TypeError");
  });
});

describe("The function's process", () => {
  it("sees the declared variables and no others, the code's folder, and no way to its parent", async () => {
    const { declaration, ...looking } = sandboxed(`
      export const handler = async () =>
        ({ env: process.env, cwd: process.cwd(), send: typeof process.send });
    `);
    expect(process.env).toHaveProperty("PATH");
    expect(await response({ declaration, ...looking })).toEqual({
      env: declaration.environment,
      cwd: declaration.codeFolder,
      send: "undefined",
    });
  });

  it("is used again for the next invocation", async () => {
    const counter = sandboxed(COUNTER);
    const first = (await response(counter)) as { pid: number };
    expect(await response(counter)).toEqual({ pid: first.pid, count: 2 });
  });

  it("is used again after the handler has thrown, as on Lambda", async () => {
    const counter = sandboxed(`
      let count = 0;
      export const handler = async ({ fails }) => { count += 1; if (fails) throw new Error(); return count; };
    `);
    await error(counter, { fails: true });
    expect(await response(counter)).toBe(2);
  });

  it("has one invocation at a time: more at once have processes of their own", async () => {
    const counter = sandboxed(COUNTER);
    const responses = await Promise.all([response(counter), response(counter), response(counter)]);
    expect(responses.map((response) => (response as { count: number }).count)).toEqual([1, 1, 1]);
    expect(new Set(responses.map((response) => (response as { pid: number }).pid)).size).toBe(3);
  });

  it("has its output in the log, each line whole whatever other processes write", async () => {
    const chatty = sandboxed(`
      export const handler = async ({ letter }) => {
        for (let line = 0; line < 500; line += 1) {
          process.stdout.write(letter.repeat(500));
          process.stdout.write(letter.repeat(500) + "\\n");
        }
        console.error("done " + letter);
      };
    `);
    await Promise.all([response(chatty, { letter: "a" }), response(chatty, { letter: "b" })]);
    await until(() => chatty.log().split("\n").length > 1_002);
    const lines = new Set(chatty.log().split("\n"));
    expect(lines).toEqual(new Set(["a".repeat(1_000), "b".repeat(1_000), "done a", "done b", ""]));
  });
});

describe("A crash", () => {
  const crashing = (statement: string, changes = {}) =>
    sandboxed(
      `
        let count = 0;
        export const handler = async ({ crashes }) => {
          count += 1;
          if (crashes) { ${statement}; await new Promise(() => undefined); }
          return count;
        };
      `,
      changes,
    );

  it.each([
    [
      "exit with an error",
      "process.exit(3)",
      "Runtime.ExitError",
      "Runtime exited with error: exit status 3",
    ],
    ["exit without one", "process.exit(0)", "Runtime.ExitError", "Runtime exited without providing a reason"],
    [
      "signal",
      "process.kill(process.pid, 'SIGKILL')",
      "Runtime.ExitError",
      "Runtime exited with error: signal: SIGKILL",
    ],
    [
      "unhandled rejection",
      "Promise.reject(new Error('no'))",
      "Runtime.UnhandledPromiseRejection",
      "Error: no",
    ],
    ["uncaught exception", "setTimeout(() => { throw new RangeError('no'); })", "RangeError", "no"],
  ])(
    "by %s fails the invocation, and the next has a new process",
    async (_, statement, errorType, errorMessage) => {
      const function_ = crashing(statement);
      expect(await response(function_, {})).toBe(1);
      expect(await error(function_, { crashes: true })).toEqual({ errorType, errorMessage });
      expect(await response(function_, {})).toBe(1);
    },
  );

  it("for want of memory fails the invocation, and the next has a new process", async () => {
    const hungry = crashing("const all = []; for (;;) all.push(new Array(10_000).fill(count))", {
      memorySize: 16,
    });
    expect(await error(hungry, { crashes: true })).toEqual({
      errorType: "Runtime.ExitError",
      errorMessage: "Runtime exited with error: signal: SIGABRT",
    });
    await hungry.logged("JavaScript heap out of memory");
    expect(await response(hungry, {})).toBe(1);
  });

  it("between two invocations fails none", async () => {
    const fragile = sandboxed(`
      export const handler = async () => { setTimeout(() => process.exit(1)); return process.pid; };
    `);
    const pid = await response(fragile);
    await until(() => !isRunning(pid));
    expect(await response(fragile)).not.toBe(pid);
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
  ])("%s fails every invocation, and says why", async (_, code, errorType, errorMessage) => {
    const broken = sandboxed(code);
    expect(await error(broken)).toEqual({ errorType, errorMessage });
    expect(await error(broken)).toEqual({ errorType, errorMessage });
    await broken.logged(errorMessage);
  });

  it("because a module is missing fails with its name", async () => {
    const { errorType, errorMessage } = await error(
      sandboxed("import 'no-such-module'; export const handler = 1;"),
    );
    expect(errorType).toBe("Runtime.ImportModuleError");
    expect(errorMessage).toContain("no-such-module");
  });

  it("because its file is missing fails with its name", async () => {
    expect(await error(sandboxed("", { handler: "other.handler" }))).toEqual({
      errorType: "Runtime.ImportModuleError",
      errorMessage: "Error: Cannot find module 'other'",
    });
  });

  it("because no process can be started was not invoked at all", async () => {
    const { sandbox } = sandboxed("", { codeFolder: "/no/such/folder" });
    await expect(sandbox.invoke({})).rejects.toThrow("ENOENT");
    await sandbox.stop();
  });
});

describe("A timeout", () => {
  it.each([
    ["waits", "await new Promise((resolve) => setTimeout(resolve, 1e6))"],
    ["computes", "for (;;);"],
  ])("kills a process that %s, and the next invocation has a new one", async (_, statement) => {
    const clock = new VirtualClock();
    const slow = sandboxed(
      `
        export const handler = async ({ hangs }) => {
          if (hangs) { console.log("hanging " + process.pid); ${statement}; }
          return process.pid;
        };
      `,
      { timeout: 3 },
      clock,
    );
    const invocation = error(slow, { hangs: true });
    await slow.logged("hanging");
    const [, pid] = /hanging (\d+)/.exec(slow.log()) ?? [];

    await clock.advance(2_999);
    expect(isRunning(pid)).toBe(true);
    await clock.advance(1);
    expect(await invocation).toEqual({
      errorType: "Sandbox.Timedout",
      errorMessage: "Task timed out after 3.00 seconds",
    });
    expect(isRunning(pid)).toBe(false);
    expect(await response(slow)).not.toBe(Number(pid));
  });

  it.each([
    { timeout: 3, seconds: 10 },
    { timeout: 30, seconds: 30 },
  ])("of $timeout s leaves $seconds s for loading the function", async ({ timeout, seconds }) => {
    const clock = new VirtualClock();
    const slow = sandboxed("console.log('loading'); await new Promise(() => undefined);", { timeout }, clock);
    const invocation = error(slow);
    await slow.logged("loading");
    await clock.advance(seconds * 1000 - 1);
    const stillLoading = clock.advance(0).then(() => "still loading");
    expect(await Promise.race([invocation, stillLoading])).toBe("still loading");
    await clock.advance(1);
    expect((await invocation).errorMessage).toBe(`Task timed out after ${seconds}.00 seconds`);
  });
});

describe("Stopping a sandbox", () => {
  it("kills every process, busy or not, and fails what is under way", async () => {
    const slow = sandboxed(`
      export const handler = async ({ hangs }) => {
        if (hangs) { console.log("hanging"); await new Promise((resolve) => setTimeout(resolve, 1e6)); }
        return process.pid;
      };
    `);
    const [idle] = await Promise.all([response(slow), response(slow)]);
    const busy = error(slow, { hangs: true });
    await slow.logged("hanging");
    await slow.sandbox.stop();
    expect(await busy).toMatchObject({ errorType: "Runtime.ExitError" });
    expect(isRunning(idle)).toBe(false);
  });

  it("does not keep it from being invoked again", async () => {
    const counter = sandboxed(COUNTER);
    await response(counter);
    await counter.sandbox.stop();
    expect(await response(counter)).toMatchObject({ count: 1 });
  });
});
