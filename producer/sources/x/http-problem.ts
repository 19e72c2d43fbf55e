import type { IncomingHttpHeaders } from "node:http";
import { CommandError } from "../../../shared/errors";
import { ConnectionLost, type HttpAnswer } from "../live/connection-lost";
import { CONSOLE, connectionText, type Problem, problemText } from "./x-problem";

/** X answered a request with an HTTP status that is not a success. */
export interface HttpProblem extends HttpAnswer {
  problem: Problem;
}

/**
 * Makes a problem from the parts of an answer.
 * @see https://docs.x.com/x-api/fundamentals/rate-limits for the headers; the reset is in seconds since the epoch
 */
export function httpProblem(status: number, headers: IncomingHttpHeaders, problem: Problem): HttpProblem {
  const { "x-rate-limit-remaining": remaining = "0", "x-rate-limit-reset": reset } = headers;
  const isLimited = status === 429 && remaining === "0" && Number(reset) > 0;
  return { status, problem, ...(isLimited && { allowedAgainAt: Number(reset) * 1000 }) };
}

/** HTTP statuses below 500 after which the same request may succeed later. */
const PASSING = new Set([408, 409, 420, 425, 429]);

/** What to throw when the stream cannot be opened: an error that ends the run, unless another attempt may succeed. */
export function httpError(problem: HttpProblem): CommandError | ConnectionLost {
  const { status } = problem;
  const mayPass = status < 400 || status >= 500 || PASSING.has(status);
  const text = httpProblemText(problem);
  return mayPass ? new ConnectionLost(text, problem) : new CommandError(`X: ${text}`);
}

/**
 * The fault and its remedy, in words that follow `X: `.
 * @see https://docs.x.com/x-api/fundamentals/response-codes-and-errors
 */
export function httpProblemText({ status, problem }: HttpProblem): string {
  const said = problemText(problem);
  const http = `HTTP ${status}${said === "" ? "" : `, ${said}`}`;
  const fault = connectionText(problem) ?? statusText(status);
  return fault === undefined ? `the server answered ${http}` : `${fault} (${http})`;
}

function statusText(status: number): string | undefined {
  switch (status) {
    case 401:
      return `the credentials are not valid; create new ones at ${CONSOLE} under "Keys and tokens", and set X_BEARER_TOKEN, or X_CONSUMER_KEY and X_CONSUMER_SECRET`;
    case 402:
      return `the account has no credits left; buy some, or raise its spending limit, at ${CONSOLE}`;
    case 403:
      return `this app may not use the filtered stream; check its project, its access and its credits at ${CONSOLE}`;
    case 404:
      return "there is no filtered stream at this address; check X_API_URL, if it is set";
    case 409:
      return "this app has no rule for its stream yet";
    case 420:
    case 429:
      return "this app has sent too many requests";
    default:
      return undefined;
  }
}
