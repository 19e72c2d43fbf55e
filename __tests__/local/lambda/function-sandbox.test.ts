import { describe, expect, it } from "@jest/globals";
import { until } from "../../support/moment";
import { errorOf, isRunning, responseOf, sandboxed } from "../../support/sandboxed-function";

/** Counts the invocations of its process. */
const COUNTER = `
  let count = 0;
  export const handler = async () => ({ pid: process.pid, count: ++count });
`;

describe("The function's process", () => {
  it("sees only the declared variables and the code's folder, and has no channel to its parent", async () => {
    const { declaration, ...looking } = sandboxed(`
      export const handler = async () =>
        ({ env: process.env, cwd: process.cwd(), send: typeof process.send });
    `);
    expect(process.env).toHaveProperty("PATH");
    expect(await responseOf({ declaration, ...looking })).toEqual({
      env: declaration.environment,
      cwd: declaration.codeFolder,
      send: "undefined",
    });
  });

  it("is used again for the next invocation", async () => {
    const counter = sandboxed(COUNTER);
    const first = (await responseOf(counter)) as { pid: number };
    expect(await responseOf(counter)).toEqual({ pid: first.pid, count: 2 });
  });

  it("is used again after the handler has thrown, as on Lambda", async () => {
    const counter = sandboxed(`
      let count = 0;
      export const handler = async ({ fails }) => { count += 1; if (fails) throw new Error(); return count; };
    `);
    await errorOf(counter, { fails: true });
    expect(await responseOf(counter)).toBe(2);
  });

  it("has one invocation; concurrent ones have processes of their own", async () => {
    const counter = sandboxed(COUNTER);
    const responses = await Promise.all([responseOf(counter), responseOf(counter), responseOf(counter)]);
    expect(responses.map((response) => (response as { count: number }).count)).toEqual([1, 1, 1]);
    expect(new Set(responses.map((response) => (response as { pid: number }).pid)).size).toBe(3);
  });

  it("writes whole lines to the log, whatever other processes write", async () => {
    const chatty = sandboxed(`
      export const handler = async ({ letter }) => {
        for (let line = 0; line < 500; line += 1) {
          process.stdout.write(letter.repeat(500));
          process.stdout.write(letter.repeat(500) + "\\n");
        }
        console.error("done " + letter);
      };
    `);
    await Promise.all([responseOf(chatty, { letter: "a" }), responseOf(chatty, { letter: "b" })]);
    await until(() => chatty.log().split("\n").length > 1_002);
    const lines = new Set(chatty.log().split("\n"));
    expect(lines).toEqual(new Set(["a".repeat(1_000), "b".repeat(1_000), "done a", "done b", ""]));
  });
});

describe("A signal to the whole process group", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s does not end an invocation", async (signal) => {
    const slow = sandboxed(`
      export const handler = async () => {
        const signalled = new Promise((resolve) => process.once("${signal}", () => setImmediate(resolve, "finished")));
        const alive = setInterval(() => {}, 1_000);
        console.log("waiting");
        return signalled.finally(() => clearInterval(alive));
      };
    `);
    const response = responseOf(slow);
    await slow.logged("waiting");
    for (const pid of slow.sandbox.processes()) process.kill(pid, signal);
    expect(await response).toBe("finished");
  });
});

describe("Stopping a sandbox", () => {
  it("kills every process, busy or idle, and fails the invocations under way", async () => {
    const slow = sandboxed(`
      export const handler = async ({ hangs }) => {
        if (hangs) { console.log("hanging"); await new Promise((resolve) => setTimeout(resolve, 1e6)); }
        return process.pid;
      };
    `);
    const [idle] = await Promise.all([responseOf(slow), responseOf(slow)]);
    const busy = errorOf(slow, { hangs: true });
    await slow.logged("hanging");
    await slow.sandbox.stop();
    expect(await busy).toMatchObject({ errorType: "Runtime.ExitError" });
    expect(isRunning(idle)).toBe(false);
  });

  it("does not prevent later invocations", async () => {
    const counter = sandboxed(COUNTER);
    await responseOf(counter);
    await counter.sandbox.stop();
    expect(await responseOf(counter)).toMatchObject({ count: 1 });
  });
});
