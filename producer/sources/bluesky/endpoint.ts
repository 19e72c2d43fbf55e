import { CommandError, ExitCode } from "../../../shared/errors";

/** What kind of records Bluesky's posts are. */
export const POSTS = "app.bsky.feed.post";

/**
 * The public Jetstream services that Bluesky runs, in the order in which they are tried: both versions of the service
 * in turn, and one coast after the other.
 * @see https://github.com/bluesky-social/jetstream-legacy#public-instances
 * @see https://bsky.network/docs/jetstream/
 */
export const PUBLIC_ENDPOINTS: readonly URL[] = [
  "wss://jetstream2.us-east.bsky.network/subscribe",
  "wss://jetstream.us-east.bsky.network/xrpc/network.bsky.jetstream.subscribeEvents",
  "wss://jetstream2.us-west.bsky.network/subscribe",
  "wss://jetstream.us-west.bsky.network/xrpc/network.bsky.jetstream.subscribeEvents",
  "wss://jetstream1.us-east.bsky.network/subscribe",
  "wss://jetstream1.us-west.bsky.network/subscribe",
].map((url) => new URL(url));

/** Reads `--jetstream-url`. @throws CommandError if it is not the URL of a WebSocket */
export function endpointOf(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^wss?:$/.test(url.protocol))
    throw new CommandError(
      `--jetstream-url is ${value}; it must be a URL that begins with ws:// or wss://`,
      ExitCode.usage,
    );
  if (url.pathname === "/") url.pathname = "/subscribe";
  return url;
}

/**
 * The URL that subscribes to posts. The two versions of the service have other parameters, and both take a time as
 * the cursor, which is what makes one of them go on where another one was.
 * @param cursor from when on, in microseconds since the epoch; left out, from now on
 */
export function subscriptionUrl(endpoint: URL, cursor: number | undefined): URL {
  const url = new URL(endpoint);
  if (url.pathname.endsWith(".subscribeEvents")) {
    url.searchParams.set("kinds", "commit");
    url.searchParams.set("collections", POSTS);
  } else {
    url.searchParams.set("wantedCollections", POSTS);
  }
  if (cursor !== undefined) url.searchParams.set("cursor", String(cursor));
  return url;
}
