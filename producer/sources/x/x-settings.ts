import type { Environment } from "../../../shared/environment-file";
import { CommandError, ExitCode } from "../../../shared/errors";

/** How an app proves to X who it is. */
export type Credentials = { bearerToken: string } | { consumerKey: string; consumerSecret: string };

export interface XSettings {
  credentials: Credentials;
  /** Scheme, host and port of X's API. */
  apiUrl: string;
}

const API_URL = "https://api.x.com";

/** Whether any of X's credentials are in the environment. */
export function hasCredentials(environment: Environment): boolean {
  return Boolean(environment.X_BEARER_TOKEN || environment.X_CONSUMER_KEY || environment.X_CONSUMER_SECRET);
}

/**
 * Reads X's credentials, and the address of its API, from the environment. A bearer token comes first, because it saves
 * a request for one.
 * @throws CommandError if there are no credentials, or one is wrong; the message never contains a secret
 */
export function readXSettings(environment: Environment): XSettings {
  return { credentials: readCredentials(environment), apiUrl: readApiUrl(environment.X_API_URL) };
}

function readCredentials(environment: Environment): Credentials {
  const bearerToken = secret(environment, "X_BEARER_TOKEN");
  if (bearerToken) return { bearerToken };

  const consumerKey = secret(environment, "X_CONSUMER_KEY");
  const consumerSecret = secret(environment, "X_CONSUMER_SECRET");
  if (consumerKey && consumerSecret) return { consumerKey, consumerSecret };
  if (!consumerKey && !consumerSecret)
    throw new CommandError(
      "--source x needs the credentials of an X app: set X_BEARER_TOKEN, or X_CONSUMER_KEY and X_CONSUMER_SECRET, in the environment or in a file .env in this directory (see .env.example); X issues them at https://developer.x.com",
      ExitCode.usage,
    );

  const [set, missing] = consumerKey
    ? ["X_CONSUMER_KEY", "X_CONSUMER_SECRET"]
    : ["X_CONSUMER_SECRET", "X_CONSUMER_KEY"];
  throw new CommandError(`${set} is set and ${missing} is not; set both, or X_BEARER_TOKEN`, ExitCode.usage);
}

function secret(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  if (value && !/^[\x21-\x7e]+$/.test(value))
    throw new CommandError(
      `${name} contains a space or a character that no credential of X has; copy it again from https://developer.x.com`,
      ExitCode.usage,
    );
  return value;
}

/** The credentials are sent to this host, so it has to prove who it is: HTTPS only. */
function readApiUrl(value: string | undefined): string {
  if (!value) return API_URL;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== "https:" || url.pathname !== "/" || url.username || url.search)
    throw new CommandError(
      `X_API_URL is ${url?.username ? "a URL with a user name" : value}; it must be https://, a host and optionally a port, such as ${API_URL}`,
      ExitCode.usage,
    );
  return url.origin;
}
