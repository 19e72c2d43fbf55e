import { describe, expect, it } from "@jest/globals";
import { until } from "../../support/moment";
import { errorOf, isRunning, responseOf, sandboxed } from "../../support/sandboxed-function";
import { VirtualClock } from "../../support/virtual-clock";

/** A function that counts its invocations, and runs a statement when the event says so. */
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

describe("A crash", () => {
  it.each([
    [
      "exit with an error",
      "process.exit(3)",
      "Runtime.ExitError",
      "Runtime exited with error: exit status 3",
    ],
    [
      "exit without an error",
      "process.exit(0)",
      "Runtime.ExitError",
      "Runtime exited without providing a reason",
    ],
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
      const fragile = crashing(statement);
      expect(await responseOf(fragile, {})).toBe(1);
      expect(await errorOf(fragile, { crashes: true })).toEqual({ errorType, errorMessage });
      expect(await responseOf(fragile, {})).toBe(1);
    },
  );

  it("by lack of memory fails the invocation, and the next has a new process", async () => {
    const hungry = crashing("const all = []; for (;;) all.push(new Array(10_000).fill(count))", {
      memorySize: 16,
    });
    expect(await errorOf(hungry, { crashes: true })).toEqual({
      errorType: "Runtime.ExitError",
      errorMessage: "Runtime exited with error: signal: SIGABRT",
    });
    await hungry.logged("JavaScript heap out of memory");
    expect(await responseOf(hungry, {})).toBe(1);
  });

  it("between two invocations fails neither", async () => {
    const fragile = sandboxed(`
      export const handler = async () => { setTimeout(() => process.exit(1)); return process.pid; };
    `);
    const pid = await responseOf(fragile);
    await until(() => !isRunning(pid));
    expect(await responseOf(fragile)).not.toBe(pid);
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
    const invocation = errorOf(slow, { hangs: true });
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
    expect(await responseOf(slow)).not.toBe(Number(pid));
  });

  it.each([
    { timeout: 3, seconds: 10 },
    { timeout: 30, seconds: 30 },
  ])("of $timeout s leaves $seconds s for loading the function", async ({ timeout, seconds }) => {
    const clock = new VirtualClock();
    const slow = sandboxed("console.log('loading'); await new Promise(() => undefined);", { timeout }, clock);
    const invocation = errorOf(slow);
    await slow.logged("loading");
    await clock.advance(seconds * 1000 - 1);
    const stillLoading = clock.advance(0).then(() => "still loading");
    expect(await Promise.race([invocation, stillLoading])).toBe("still loading");
    await clock.advance(1);
    expect((await invocation).errorMessage).toBe(`Task timed out after ${seconds}.00 seconds`);
  });
});

describe("An invocation that ends early", () => {
  const hanging = (clock: VirtualClock) =>
    sandboxed(
      `
        export const handler = async (event, context) => {
          if (!event.hangs) return process.pid;
          console.log("hanging with " + context.getRemainingTimeInMillis() + " ms left");
          await new Promise((resolve) => setTimeout(resolve, 1e6));
        };
      `,
      { timeout: 60 },
      clock,
    );

  it("as a timeout ends like any other, although the function had more time", async () => {
    const clock = new VirtualClock(Date.now());
    const slow = hanging(clock);
    const pid = await responseOf(slow);
    const invocation = slow.sandbox.invoke({ hangs: true }, { end: "timeout", afterMs: 40 });
    await slow.logged("hanging");
    await clock.advance(39);
    expect(isRunning(pid)).toBe(true);
    await clock.advance(1);
    expect(await invocation).toMatchObject({
      ok: false,
      error: { errorType: "Sandbox.Timedout", errorMessage: "Task timed out after 0.04 seconds" },
    });
    expect(isRunning(pid)).toBe(false);
    expect(Number(/with (\d+) ms left/.exec(slow.log())?.[1])).toBeGreaterThan(40_000);
    expect(await responseOf(slow)).not.toBe(pid);
  });

  it("as a kill ends like a crash", async () => {
    const clock = new VirtualClock();
    const slow = hanging(clock);
    const pid = await responseOf(slow);
    const invocation = slow.sandbox.invoke({ hangs: true }, { end: "killed", afterMs: 40 });
    await slow.logged("hanging");
    await clock.advance(39);
    expect(isRunning(pid)).toBe(true);
    await clock.advance(1);
    expect(await invocation).toMatchObject({
      ok: false,
      error: {
        errorType: "Runtime.ExitError",
        errorMessage: "Runtime exited with error: signal: SIGKILL",
      },
    });
    expect(await responseOf(slow)).not.toBe(pid);
  });

  it.each(["killed", "timeout"] as const)(
    "as %s does not, if the function answers before; its process takes the next one",
    async (end) => {
      const clock = new VirtualClock();
      const quick = hanging(clock);
      const outcome = await quick.sandbox.invoke({}, { end, afterMs: 40 });
      expect(outcome).toMatchObject({ ok: true });
      await clock.advance(40);
      expect(await responseOf(quick)).toBe(outcome.ok && outcome.response);
    },
  );
});
