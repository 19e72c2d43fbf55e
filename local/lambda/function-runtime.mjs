// A small Lambda runtime: loads the handler, then answers one invocation after another. It is plain JavaScript, so that
// it runs in bare Node.js, as the bundle does on Lambda.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * @typedef {{ requestId: string, functionArn: string, deadlineMs: number, event: unknown }} Invocation
 * @typedef {{ errorType: string, errorMessage: string }} FunctionError
 * @typedef {{ ready: true } | { response: unknown } | { error: FunctionError, isFatal: boolean }} Report
 */

const post = process.send?.bind(process);
// On Lambda, functions have no such method.
delete process.send;

/** @param {Report} report @param {() => void} [onSent] */
const send = (report, onSent = () => undefined) => post?.(report, onSent);

class RuntimeError extends Error {
  /** @param {string} type @param {unknown} cause */
  constructor(type, cause) {
    super(String(cause), { cause });
    this.name = `Runtime.${type}`;
  }
}

/**
 * Writes the error to the function's log, as on Lambda, and describes it to the parent.
 * @param {unknown} error
 * @param {boolean} isFatal whether this process cannot take another invocation
 * @returns {Report}
 */
function failure(error, isFatal) {
  console.error(error);
  return {
    isFatal,
    error:
      error instanceof Error
        ? { errorType: error.name, errorMessage: error.message }
        : { errorType: typeof error, errorMessage: String(error) },
  };
}

/** `index.handler` is the export `handler` of index.mjs, or of index.js. */
async function loadHandler() {
  const root = process.env.LAMBDA_TASK_ROOT ?? ".";
  const [file = "", name = ""] = (process.env._HANDLER ?? "").split(/\.(?=[^.]*$)/);
  const path = [".mjs", ".js", ".cjs"].map((extension) => join(root, file + extension)).find(existsSync);
  if (!path) throw new RuntimeError("ImportModuleError", `Error: Cannot find module '${file}'`);
  const handler = (await load(path))[name];
  if (typeof handler !== "function")
    throw new RuntimeError("HandlerNotFound", `${file}.${name} is undefined or not exported`);
  return handler;
}

/** @param {string} path @returns {Promise<Record<string, unknown>>} */
async function load(path) {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError("UserCodeSyntaxError", error);
    if (error instanceof Error && "code" in error && String(error.code).endsWith("MODULE_NOT_FOUND"))
      throw new RuntimeError("ImportModuleError", error);
    throw error;
  }
}

/** @param {Invocation} invocation */
function contextOf({ requestId, functionArn, deadlineMs }) {
  return {
    awsRequestId: requestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

// Without its parent, even a killed one, there are no more invocations. Ctrl-C and other signals reach the whole process
// group; the parent decides.
process.on("disconnect", () => process.exit());
if (!process.connected) process.exit();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);

// An uncaught error ends the process, as on Lambda.
process.on("uncaughtException", (error, origin) => {
  const isRejection = origin === "unhandledRejection";
  const reported = isRejection ? new RuntimeError("UnhandledPromiseRejection", error) : error;
  send(failure(reported, true), () => process.exit(1));
});

try {
  const handler = await loadHandler();
  process.on("message", async (/** @type {Invocation} */ invocation) => {
    try {
      send({ response: (await handler(invocation.event, contextOf(invocation))) ?? null });
    } catch (error) {
      send(failure(error, false));
    }
  });
  send({ ready: true });
} catch (error) {
  send(failure(error, true));
}
