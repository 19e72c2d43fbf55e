import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll } from "@jest/globals";
import type { FunctionDeclaration } from "../../local/lambda/function-declaration";
import { FunctionSandbox } from "../../local/lambda/function-sandbox";
import type { FunctionError } from "../../local/lambda/invocation-outcome";
import { type Clock, systemClock } from "../../shared/clock";
import { until } from "./moment";
import { temporaryDirectory } from "./temporary-directory";

export interface SandboxedFunction {
  sandbox: FunctionSandbox;
  declaration: FunctionDeclaration;
  /** The output of the function's processes so far. */
  log(): string;
  /** Resolves when the output contains a text. */
  logged(text: string): Promise<void>;
}

const sandboxes: FunctionSandbox[] = [];

// Runs at the end of the test file that imports this.
afterAll(async () => {
  await Promise.all(sandboxes.map((sandbox) => sandbox.stop()));
});

/** Writes a function's code to a folder of its own, and makes a sandbox for it. */
export function sandboxed(
  code: string,
  changes: Partial<FunctionDeclaration> & { file?: string } = {},
  clock: Clock = systemClock,
): SandboxedFunction {
  const codeFolder = temporaryDirectory();
  const { file = "index.mjs", handler = "index.handler", environment, ...declared } = changes;
  writeFileSync(join(codeFolder, file), code);
  const declaration: FunctionDeclaration = {
    name: "test",
    arn: "arn:aws:lambda:eu-west-1:123456789012:function:test",
    roleArn: "arn:aws:iam::123456789012:role/test",
    codeFolder,
    handler,
    memorySize: 128,
    timeout: 20,
    environment: {
      LAMBDA_TASK_ROOT: codeFolder,
      _HANDLER: handler,
      AWS_LAMBDA_FUNCTION_NAME: "test",
      ...environment,
    },
    logGroup: "/aws/lambda/test",
    isTraced: false,
    ...declared,
  };
  let log = "";
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      log += chunk;
      done();
    },
  });
  const sandbox = new FunctionSandbox(declaration, sink, clock);
  sandboxes.push(sandbox);
  return {
    sandbox,
    declaration,
    log: () => log,
    logged: (text) => until(() => log.includes(text)),
  };
}

/**
 * Invokes a function.
 * @returns its response
 * @throws if the function fails, which is an error of the test
 */
export async function responseOf({ sandbox }: SandboxedFunction, event: unknown = {}): Promise<unknown> {
  const outcome = await sandbox.invoke(event);
  if (!outcome.ok) throw new Error(`${outcome.error.errorType}: ${outcome.error.errorMessage}`);
  return outcome.response;
}

/**
 * Invokes a function that fails.
 * @returns its error
 * @throws if the function succeeds, which is an error of the test
 */
export async function errorOf({ sandbox }: SandboxedFunction, event: unknown = {}): Promise<FunctionError> {
  const outcome = await sandbox.invoke(event);
  if (outcome.ok) throw new Error("the invocation succeeded");
  return outcome.error;
}

/** Whether there is a process with this id. */
export function isRunning(pid: unknown): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}
