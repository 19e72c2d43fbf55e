import { afterEach, beforeEach } from "@jest/globals";
import { BlueskySource, type BlueskySourceOptions } from "../../producer/sources/bluesky/bluesky";
import type { SourceItem, SourcePosition } from "../../producer/sources/source";
import { EIGHT_US } from "../../test-servers/jetstream-messages";
import { type JetstreamServer, startJetstreamServer } from "../../test-servers/jetstream-server";
import { until } from "./moment";
import { withoutWaiting } from "./noted-reconnection";
import { VirtualClock } from "./virtual-clock";

/** Gives every test of a file a Jetstream server, and the source that reads from it. */
export function useBluesky() {
  let server: JetstreamServer;
  let stop: AbortController;
  beforeEach(async () => {
    server = await startJetstreamServer();
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await server.stop();
  });

  /** Reads from the server, with waits that take no time, and notes what is delivered and reported. */
  function read(options: Partial<BlueskySourceOptions> = {}, from?: SourcePosition) {
    const items: SourceItem[] = [];
    const notes: string[] = [];
    const clock = new VirtualClock(EIGHT_US / 1000);
    const { waits, reconnection } = withoutWaiting(clock);
    const endpoints = [server.url];
    const source = new BlueskySource({ endpoints, isWanted: () => true, clock, reconnection, ...options });
    const ended = (async () => {
      for await (const item of source.items(stop.signal, from))
        if (item.kind === "notice") notes.push(item.message);
        else items.push(item);
    })();
    // A test that does not await it does not expect an error.
    ended.catch(() => {});
    const ids = () => items.flatMap((item) => (item.kind === "post" ? [item.post.id] : []));
    const connected = (count: number) =>
      until(() => server.subscriptions.length >= count && server.connections() > 0);
    return { source, items, notes, waits, ids, connected, clock, ended };
  }

  return {
    read,
    get server() {
      return server;
    },
    get stop() {
      return stop;
    },
    /** The server's name in messages. */
    host: () => server.url.host,
    /** The requested cursors, in order. */
    cursors: () => server.subscriptions.map(({ parameters }) => parameters.get("cursor")),
  };
}

/** The cursor so many seconds after eight. */
export function cursorAt(seconds: number): string {
  return String(EIGHT_US + seconds * 1e6);
}
