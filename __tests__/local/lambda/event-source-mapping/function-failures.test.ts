import { renameSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { source } from "../../../support/mapping-settings";
import { until } from "../../../support/moment";
import { processLetters } from "../../../support/processed-batch";
import { sandboxed } from "../../../support/sandboxed-function";
import { lettersOf } from "../../../support/scripted-function";
import { VirtualClock } from "../../../support/virtual-clock";

/** A function that runs a statement when a record's data is the letter c. */
const failingAt = (statement: string) => `
  export const handler = async ({ Records }) => {
    const letters = Records.map(({ kinesis }) => Buffer.from(kinesis.data, "base64").toString());
    if (letters.includes("c")) { ${statement}; }
    return { batchItemFailures: [] };
  };
`;

const settings = { reportBatchItemFailures: true, bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 };

describe(`A function that fails (${source.failures}, ${source.runtime})`, () => {
  it.each([
    ["throws", "throw new Error('no')"],
    ["exits", "process.exit(0)"],
    ["runs out of memory", "const all = []; for (;;) all.push(new Array(10_000).fill(letters.length))"],
    ["leaves a rejection unhandled", "Promise.reject(new Error('no')); await new Promise(() => undefined)"],
    ["returns something that is not a response", "return 'no'"],
  ])(
    "a function that %s has failed: the record at fault is set aside, and the others are handled",
    async (_, statement) => {
      const { sandbox } = sandboxed(failingAt(statement), { memorySize: 16 });
      const { handled, setAside } = await processLetters("abcd", [], settings, {
        invoke: (event) => sandbox.invoke(event),
      });
      expect(handled).toBe("abcd");
      expect(setAside.map(({ records }) => lettersOf(records))).toEqual(["c"]);
      expect(setAside).toMatchObject([{ condition: "RetryAttemptsExhausted", invokeCount: 2 }]);
    },
  );

  it("a function that runs out of time has failed too", async () => {
    const clock = new VirtualClock();
    const hanging = "console.log('hanging'); await new Promise((resolve) => setTimeout(resolve, 1e6))";
    const { sandbox, log } = sandboxed(failingAt(hanging), { timeout: 60 }, clock);
    let hung = 0;
    const { handled, setAside } = await processLetters("abcd", [], settings, {
      invoke: async (event) => {
        const invocation = sandbox.invoke(event);
        if (lettersOf(event.Records).includes("c")) {
          hung += 1;
          await until(() => log().split("hanging").length > hung);
          await clock.advance(60_000);
        }
        return invocation;
      },
    });
    expect(handled).toBe("abcd");
    expect(setAside.map(({ records }) => lettersOf(records))).toEqual(["c"]);
    expect(setAside).toMatchObject([
      { invokeCount: 2, lastOutcome: { error: { errorType: "Sandbox.Timedout" } } },
    ]);
  });
});

describe(`A function that cannot start (${source.failures}, ${source.runtime})`, () => {
  it("a function that cannot be loaded has failed", async () => {
    const { sandbox } = sandboxed("throw new Error('no')");
    const { setAside, handled } = await processLetters(
      "ab",
      [],
      { maximumRetryAttempts: 1 },
      {
        invoke: (event) => sandbox.invoke(event),
      },
    );
    expect(setAside).toMatchObject([{ condition: "RetryAttemptsExhausted", invokeCount: 2 }]);
    expect(handled).toBe("ab");
  });

  it("a function whose process cannot be started has not run, and uses up no retry", async () => {
    const { sandbox, declaration } = sandboxed(failingAt("return"));
    const { codeFolder } = declaration;
    renameSync(codeFolder, `${codeFolder}-away`);
    const problems: string[] = [];
    const { setAside, handled } = await processLetters(
      "ab",
      [],
      { maximumRetryAttempts: 0 },
      {
        invoke: (event) => sandbox.invoke(event),
        onProblem: (message) => {
          problems.push(message);
          renameSync(`${codeFolder}-away`, codeFolder);
        },
      },
    );
    expect(problems).toEqual([expect.stringMatching(/^the function cannot be invoked: spawn .* ENOENT$/)]);
    expect({ setAside, handled }).toEqual({ setAside: [], handled: "ab" });
  });
});
