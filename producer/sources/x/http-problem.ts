import type { IncomingHttpHeaders } from "node:http";
import { CommandError } from "../../../shared/errors";
import { isOfType, type Problem, problemText } from "./x-problem";

/** X answered a request with an HTTP status that is not a success. */
export interface Refusal {
  status: number;
  problem: Problem;
  /** When requests are allowed again, in milliseconds since the epoch; left out where no limit was reached. */
  allowedAgainAt?: number | undefined;
}

/**
 * Puts a refusal together from an answer.
 * @see https://docs.x.com/x-api/fundamentals/rate-limits for the headers; the reset is in seconds since the epoch
 */
export function refusalOf(status: number, headers: IncomingHttpHeaders, problem: Problem): Refusal {
  const { "x-rate-limit-remaining": remaining = "0", "x-rate-limit-reset": reset } = headers;
  const isLimited = status === 429 && remaining === "0" && Number(reset) > 0;
  return { status, problem, ...(isLimited && { allowedAgainAt: Number(reset) * 1000 }) };
}

/** Where an app's keys, its access and its credits are managed. */
const CONSOLE = "https://console.x.com";

/** HTTP statuses below 500 after which the same request may succeed later. */
const PASSING = new Set([408, 409, 420, 425, 429]);

/** Turns a refusal that time will not mend into what a person has to do; nothing for one that it may mend. */
export function fatalRefusal(refusal: Refusal): CommandError | undefined {
  const { status } = refusal;
  if (status < 400 || status >= 500 || PASSING.has(status)) return undefined;
  return new CommandError(refusalText(refusal));
}

/**
 * What X refused and what can be done about it, in words.
 * @see https://docs.x.com/x-api/fundamentals/response-codes-and-errors
 */
export function refusalText({ status, problem }: Refusal): string {
  const said = problemText(problem);
  const http = `HTTP ${status}${said === "" ? "" : `, ${said}`}`;
  const connection = connectionText(problem);
  if (connection) return `${connection} (${http})`;
  switch (status) {
    case 401:
      return `X does not accept the credentials; create new ones at ${CONSOLE} under "Keys and tokens", and set X_BEARER_TOKEN, or X_CONSUMER_KEY and X_CONSUMER_SECRET (${http})`;
    case 402:
      return `the X account has no credits left; buy some, or raise its spending limit, at ${CONSOLE} (${http})`;
    case 403:
      return `this X app may not use the filtered stream; see its project, its access and its credits at ${CONSOLE} (${http})`;
    case 404:
      return `there is no filtered stream here; see that X_API_URL, if it is set, is X's API (${http})`;
    case 409:
      return `X has no rule for this stream yet (${http})`;
    case 420:
    case 429:
      return `X limits how often an app may ask (${http})`;
    default:
      return status >= 500 ? `X is not able to answer (${http})` : `X refused the request (${http})`;
  }
}

/** Words for what X says about connections and quotas, in an answer or on the stream; nothing for anything else. */
export function connectionText(problem: Problem): string | undefined {
  if (problem.connection_issue === "TooManyConnections")
    return "this X app already has a stream open, and X allows one: stop the other producer, or wait a few minutes for X to notice that it has ended";
  if (isOfType(problem, "usage-capped"))
    return `this X app has read as many posts as it may this month; raise the limit at ${CONSOLE}`;
  return undefined;
}
