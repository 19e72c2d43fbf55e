import { CommandError, ExitCode } from "../../../shared/errors";

/** The collection that Bluesky's posts belong to. */
export const POST_COLLECTION = "app.bsky.feed.post";

/**
 * Bluesky's public Jetstream services, in the order in which they are tried. Version 2 comes first: it gives each event
 * the time at which the network saw it, and says so when it no longer has what a cursor asks for. Version 1 gives it the
 * time at which the host saw it, which may be a minute later.
 * @see https://github.com/bluesky-social/jetstream-legacy#public-instances
 * @see https://bsky.network/docs/jetstream/
 */
export const PUBLIC_ENDPOINTS: readonly URL[] = [
  "wss://jetstream.us-east.bsky.network/xrpc/network.bsky.jetstream.subscribeEvents",
  "wss://jetstream.us-west.bsky.network/xrpc/network.bsky.jetstream.subscribeEvents",
  "wss://jetstream2.us-east.bsky.network/subscribe",
  "wss://jetstream2.us-west.bsky.network/subscribe",
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
 * The URL that subscribes to posts. The two versions of the service name their parameters differently, but both take a
 * time as the cursor, so that one can resume where another one stopped.
 * @param cursor where to begin, in microseconds since the epoch; defaults to now
 */
export function subscriptionUrl(endpoint: URL, cursor: number | undefined): URL {
  const url = new URL(endpoint);
  if (url.pathname.endsWith(".subscribeEvents")) {
    url.searchParams.set("kinds", "commit");
    url.searchParams.set("collections", POST_COLLECTION);
  } else {
    url.searchParams.set("wantedCollections", POST_COLLECTION);
  }
  if (cursor !== undefined) url.searchParams.set("cursor", String(cursor));
  return url;
}
