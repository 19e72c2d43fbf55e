import {
  ApiPartialResponseError,
  ApiRequestError,
  ApiResponseError,
  type ITwitterApiClientPlugin,
  TwitterApi,
} from "twitter-api-v2";
import { CommandError } from "../../../shared/errors";
import { networkReason } from "../live/connection-lost";
import { httpProblem, httpProblemText } from "./http-problem";
import { problemOf } from "./x-problem";
import type { XSettings } from "./x-settings";

/** How long X may take to answer. */
const ANSWER_TIMEOUT_MS = 10_000;

/** A client for X's API, and the token it signs in with. */
export interface XClient {
  api: TwitterApi;
  bearerToken: string;
}

/**
 * Makes a client; a consumer key and secret are exchanged for a bearer token.
 * @see https://docs.x.com/fundamentals/authentication/oauth-2-0/application-only
 * @throws CommandError if X cannot be reached or does not accept the credentials
 */
export async function signIn({ credentials, apiUrl }: XSettings): Promise<XClient> {
  const settings = { plugins: [requestsTo(apiUrl)] };
  if ("bearerToken" in credentials) {
    const { bearerToken } = credentials;
    return { api: new TwitterApi(bearerToken, settings), bearerToken };
  }

  const { consumerKey: appKey, consumerSecret: appSecret } = credentials;
  const api = await answerOf(apiUrl, new TwitterApi({ appKey, appSecret }, settings).appLogin());
  const tokens = api.getActiveTokens();
  if (tokens.type !== "oauth2")
    throw new CommandError(`${apiUrl} answered a sign-in without a token; check X_API_URL, if it is set`);
  return { api, bearerToken: tokens.bearerToken };
}

/** Sends the library's requests, whose address is fixed, to this host instead, and lets none wait forever. */
function requestsTo(apiUrl: string): ITwitterApiClientPlugin {
  return {
    onBeforeRequestConfig({ params }) {
      const { pathname, search } = new URL(params.url);
      params.url = `${apiUrl}${pathname}${search}`;
      params.timeout = ANSWER_TIMEOUT_MS;
    },
  };
}

/**
 * Waits for the answer to one of the library's requests. The library's errors contain the whole request with its
 * credentials, so they are not passed on.
 * @throws CommandError with the fault and its remedy
 */
export async function answerOf<T>(apiUrl: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ApiResponseError)
      throw new CommandError(
        `X: ${httpProblemText(httpProblem(error.code, error.headers, problemOf(error.data)))}`,
      );
    if (error instanceof ApiRequestError)
      throw new CommandError(`X cannot be reached at ${apiUrl}: ${requestReason(error)}`);
    if (error instanceof ApiPartialResponseError)
      throw new CommandError(
        `what answers at ${apiUrl} is not X's API (HTTP ${error.response.statusCode}); check X_API_URL, if it is set`,
      );
    throw error;
  }
}

/**
 * The network's error, in words. The library drops the error it got (its `requestError` is undefined), but the socket of the
 * request keeps it; a socket without an error was closed by the other side.
 */
function requestReason({ requestError, request }: ApiRequestError): string {
  const error: unknown = requestError ?? request.socket?.errored;
  return error ? networkReason(error) : "the connection was closed before an answer came";
}
