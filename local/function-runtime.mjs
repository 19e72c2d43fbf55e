// Lambda's runtime in small: loads the handler, then answers one invocation after the other. Plain JavaScript: it
// runs in bare Node.js, as the bundle will on Lambda.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * @typedef {{ requestId: string, functionArn: string, deadline: number, event: unknown }} Invocation
 * @typedef {{ errorType: string, errorMessage: string, trace: string[] }} FunctionError
 * @typedef {{ ready: true } | { requestId: string, response: unknown } | { requestId?: string, error: FunctionError }} Report
 */

/** @param {Report} report */
const send = (report) => process.send?.(report);

/** @param {unknown} error @returns {FunctionError} */
function describe(error) {
  if (!(error instanceof Error)) return { errorType: "Error", errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split("\n") ?? [] };
}

/** `index.handler` is the export `handler` of index.mjs, or of index.js. */
async function loadHandler() {
  const root = process.env.LAMBDA_TASK_ROOT ?? ".";
  const [file = "", name = ""] = (process.env._HANDLER ?? "").split(/\.(?=[^.]*$)/);
  const path = [".mjs", ".js", ".cjs"].map((extension) => join(root, file + extension)).find(existsSync);
  if (!path) throw new Error(`Cannot find module '${file}'`);
  const handler = (await import(pathToFileURL(path).href))[name];
  if (typeof handler !== "function") throw new Error(`${file}.${name} is undefined or not exported`);
  return handler;
}

/** @param {Invocation} invocation */
function contextOf({ requestId, functionArn, deadline }) {
  return {
    awsRequestId: requestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

// A parent that is gone sends no more invocations; Ctrl-C reaches the whole group, and the parent decides.
process.on("disconnect", () => process.exit());
process.on("SIGINT", () => undefined);

try {
  const handler = await loadHandler();
  process.on("message", async (/** @type {Invocation} */ invocation) => {
    const { requestId } = invocation;
    try {
      send({ requestId, response: (await handler(invocation.event, contextOf(invocation))) ?? null });
    } catch (error) {
      send({ requestId, error: describe(error) });
    }
  });
  send({ ready: true });
} catch (error) {
  send({ error: describe(error) });
}
