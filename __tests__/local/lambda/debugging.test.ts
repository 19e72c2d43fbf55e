import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { sandboxed } from "../../support/sandboxed-function";

afterEach(() => {
  jest.restoreAllMocks();
});

/** What the function's process sees, beside what is declared, while this process has these variables. */
async function environmentBeside(variables: Record<string, string>): Promise<Record<string, string>> {
  jest.replaceProperty(process, "env", { PATH: process.env.PATH, ...variables });
  const { sandbox, declaration } = sandboxed("export const handler = async () => process.env;");
  const outcome = await sandbox.invoke({});
  if (!outcome.ok) throw new Error(outcome.error.errorMessage);
  const seen = Object.entries(outcome.response as Record<string, string>);
  return Object.fromEntries(seen.filter(([name]) => !(name in declaration.environment)));
}

describe("A function's process", () => {
  it("sees what VS Code's debugger attaches to child processes by", async () => {
    const variables = { NODE_OPTIONS: "--no-deprecation", VSCODE_INSPECTOR_OPTIONS: "{}" };
    expect(await environmentBeside(variables)).toEqual(variables);
  });

  it("sees no options of Node.js where there is no debugger", async () => {
    expect(await environmentBeside({ NODE_OPTIONS: "--no-deprecation" })).toEqual({});
    const detached = { NODE_OPTIONS: "--no-deprecation", VSCODE_INSPECTOR_OPTIONS: "" };
    expect(await environmentBeside(detached)).toEqual({});
  });
});
