import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { BlueskySource, type BlueskySourceOptions } from "../../../producer/sources/bluesky";
import type { SourceItem, SourcePosition } from "../../../producer/sources/source";
import {
  blueskyPost,
  brokenFrame,
  closeAfterAccept,
  commit,
  EIGHT_US,
  handleChange,
  type JetstreamServer,
  sendAndReset,
  sendFirst,
  sendInPieces,
  silence,
  startJetstreamServer,
} from "../../support/jetstream-server";
import { until } from "../../support/moment";

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

/** Reads from the server, with waits that take no time, and notes what is delivered and said. */
function read(options: Partial<BlueskySourceOptions> = {}, from?: SourcePosition) {
  const items: SourceItem[] = [];
  const notes: string[] = [];
  const waits: number[] = [];
  let now = EIGHT_US / 1000;
  const source = new BlueskySource({
    endpoints: [server.url],
    isWanted: () => true,
    random: () => 0,
    clock: {
      now: () => now,
      sleep: async (ms) => {
        waits.push(ms);
        now += ms;
      },
    },
    ...options,
  });
  const ended = (async () => {
    for await (const item of source.items(stop.signal, from))
      if (item.kind === "notice") notes.push(item.message);
      else items.push(item);
  })();
  // Whoever awaits it gets the error; a test that does not is not about it.
  ended.catch(() => {});
  const ids = () => items.flatMap((item) => (item.kind === "post" ? [item.post.id] : []));
  const connected = (count: number) =>
    until(() => server.subscriptions.length === count && server.connections() > 0);
  const passTime = (ms: number) => {
    now += ms;
  };
  return { source, items, notes, waits, ids, connected, passTime, ended };
}

function host(): string {
  return server.url.host;
}

function cursors(): (string | null)[] {
  return server.subscriptions.map(({ parameters }) => parameters.get("cursor"));
}

function cursorAt(seconds: number): string {
  return String(EIGHT_US + seconds * 1e6);
}

describe("Bluesky's Jetstream", () => {
  it.each([
    ["version 1", () => server.url],
    ["version 2", () => server.url2],
  ])("delivers posts with their author's DID, time and language, from %s", async (_, url) => {
    const { items, connected } = read({ endpoints: [url()] });
    await connected(1);
    await until(() => server.connections() === 1);
    server.publish(
      handleChange(1),
      blueskyPost(2, { text: "今日は😋", langs: ["ja", "en"], createdAt: "2026-11-23T09:00:01.5+01:00" }),
      commit(3, { operation: "delete", collection: "app.bsky.feed.post", rkey: "post-1" }),
      commit(4, {
        operation: "update",
        collection: "app.bsky.feed.post",
        rkey: "post-1",
        record: { text: "" },
      }),
    );
    await until(() => items.length === 4);
    expect(items).toEqual([
      { kind: "skipped", position: EIGHT_US + 1e6 },
      {
        kind: "post",
        position: EIGHT_US + 2e6,
        post: {
          id: "post-2",
          username: "did:plc:ada",
          text: "今日は😋",
          createdAt: "2026-11-23T08:00:01.500Z",
          source: "bluesky",
          lang: "ja",
        },
      },
      { kind: "skipped", position: EIGHT_US + 3e6 },
      { kind: "skipped", position: EIGHT_US + 4e6 },
    ]);
  });

  it("is asked for posts and nothing else, in the words of each version", async () => {
    const { connected } = read({ endpoints: [server.url, server.url2] });
    server.inject(closeAfterAccept);
    await connected(2);
    expect(server.subscriptions.map(({ path, parameters }) => [path, ...parameters])).toEqual([
      ["/subscribe", ["wantedCollections", "app.bsky.feed.post"]],
      [
        "/xrpc/network.bsky.jetstream.subscribeEvents",
        ["kinds", "commit"],
        ["collections", "app.bsky.feed.post"],
      ],
    ]);
  });

  it("has posts left out that are not wanted", async () => {
    const { items, ids, connected } = read({ isWanted: ({ langs }) => langs.includes("pt-BR") });
    await connected(1);
    server.publish(
      blueskyPost(1, { langs: ["en"] }),
      blueskyPost(2, { langs: ["en", "pt-BR"] }),
      blueskyPost(3),
    );
    await until(() => items.length === 3);
    expect(ids()).toEqual(["post-2"]);
  });

  it("is closed in order when it is not wanted any more", async () => {
    const { connected, ended, notes } = read();
    await connected(1);
    stop.abort();
    await ended;
    await until(() => server.connections() === 0);
    expect(notes).toEqual([]);
  });

  it("says in the progress line where it reads and how far behind it is", async () => {
    const { source, items, connected, passTime } = read();
    expect(source.status()).toBe("connecting");
    await connected(1);
    server.publish(blueskyPost(0));
    await until(() => items.length === 1);
    passTime(7000);
    expect(source.status()).toBe(`${host()}, 7 s behind`);
  });
});

describe("a Jetstream that misbehaves", () => {
  it("by silence is given up for the next one", async () => {
    server.inject(silence);
    const { notes, connected, ids } = read({ silenceMs: 100 });
    await until(() => server.subscriptions.length === 2);
    await connected(2);
    server.publish(blueskyPost(1));
    await until(() => ids().length === 1);
    expect(notes).toEqual([
      "Bluesky: no message for 0.1 s; connecting again in 0.5 s",
      "Bluesky: receiving again",
    ]);
  });

  it("by taking connections only to close them is asked less and less often", async () => {
    server.inject(...Array.from({ length: 8 }, () => closeAfterAccept));
    const { notes, waits, connected } = read();
    await connected(9);
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    expect(notes[0]).toBe(
      `Bluesky: ${host()}: the server closed the connection (1011 go away); connecting again in 0.5 s`,
    );
  });

  it("by a message and a reset, again and again, is asked less and less often too", async () => {
    server.inject(...Array.from({ length: 4 }, () => sendAndReset(blueskyPost(1))));
    const { waits, connected } = read();
    await connected(5);
    expect(waits).toEqual([500, 1000, 2000, 4000]);
  });

  it("by a reset after a time of good service is asked again soon", async () => {
    server.inject(closeAfterAccept, closeAfterAccept);
    const { ids, waits, passTime, connected } = read();
    await connected(3);
    server.publish(blueskyPost(1));
    await until(() => ids().length === 1);
    passTime(10_000);
    server.publish(blueskyPost(2));
    await until(() => ids().length === 2);
    await server.stop();
    await until(() => waits.length >= 3);
    expect(waits.slice(0, 3)).toEqual([500, 1000, 500]);
  });

  it("by an abnormal close loses nothing: it goes on from the cursor, a few seconds earlier", async () => {
    server.publish(blueskyPost(1), blueskyPost(10), blueskyPost(11), blueskyPost(12));
    server.inject(sendAndReset(blueskyPost(10)));
    const { ids, notes } = read();
    await until(() => ids().length === 4);
    expect(cursors()).toEqual([null, cursorAt(5)]);
    expect(ids()).toEqual(["post-10", "post-10", "post-11", "post-12"]);
    expect(notes).toEqual([expect.stringMatching(/connecting again in 0\.5 s$/), "Bluesky: receiving again"]);
  });

  it("by breaking off while it repeats what was seen is not asked for ever older posts", async () => {
    server.inject(sendAndReset(blueskyPost(10)), sendAndReset(blueskyPost(5)), sendAndReset(blueskyPost(6)));
    const { connected } = read();
    await connected(4);
    expect(cursors()).toEqual([null, cursorAt(5), cursorAt(5), cursorAt(5)]);
  });

  it("by refusing with 503 is left for the next one", async () => {
    const other = await startJetstreamServer();
    server.inject({ refuse: 503 });
    const { ids, notes, source } = read({ endpoints: [server.url, other.url] });
    await until(() => other.connections() === 1);
    other.publish(blueskyPost(1));
    await until(() => ids().length === 1);
    expect(notes[0]).toBe(`Bluesky: ${host()}: refused with HTTP 503; connecting again in 0.5 s`);
    expect(source.status()).toContain(other.url.host);
    stop.abort();
    await other.stop();
  });

  it("by not being there is left for the next one", async () => {
    const gone = await startJetstreamServer();
    await gone.stop();
    const { notes, connected } = read({ endpoints: [gone.url, server.url] });
    await connected(1);
    expect(notes).toEqual([
      `Bluesky: ${gone.url.host}: connect ECONNREFUSED ${gone.url.host}; connecting again in 0.5 s`,
    ]);
  });

  it("by malformed JSON and messages of another form has them refused, byte for byte, and goes on", async () => {
    const noText = JSON.stringify(blueskyPost(3, { text: 7 }).version1);
    const halfEmoji = JSON.stringify(blueskyPost(4, { text: "cut \ud83d" }).version1);
    server.inject(sendFirst('{"did":', '{"did":"did:plc:ada"}', "null", noText, halfEmoji));
    const { items, ids, connected } = read();
    await connected(1);
    await until(() => items.length === 5);
    server.publish(blueskyPost(5));
    await until(() => ids().length === 1);
    const refused = items.flatMap((item) =>
      item.kind === "refused"
        ? [[item.reason, item.detail, Buffer.concat([...(item.bytes as Iterable<Uint8Array>)]).toString()]]
        : [],
    );
    expect(refused).toEqual([
      ["invalid-json", "the message is not JSON", '{"did":'],
      ["invalid-event", "the message's time_us is not as expected", '{"did":"did:plc:ada"}'],
      ["invalid-event", "the message's form is not as expected", "null"],
      ["invalid-event", "the record has no text", noText],
      ["invalid-event", "text: must not hold half of a surrogate pair", halfEmoji],
    ]);
  });

  it("by fragments and frames cut anywhere is read all the same", async () => {
    server.inject(sendInPieces(blueskyPost(1, { text: "👩‍👩‍👧‍👦 שלום" }), 7));
    const { items } = read();
    await until(() => items.length === 1);
    expect(items[0]).toMatchObject({ kind: "post", post: { text: "👩‍👩‍👧‍👦 שלום" } });
  });

  it("by a message of a megabyte is read all the same", async () => {
    const text = "x".repeat(1024 * 1024);
    server.inject(sendFirst(JSON.stringify(blueskyPost(1, { embed: { text } }).version1)));
    const { ids } = read();
    await until(() => ids().length === 1);
  });

  it.each([
    ["a huge message", sendFirst("x".repeat(9 * 1024 * 1024)), "Max payload size exceeded"],
    ["a broken frame", brokenFrame, "Invalid WebSocket frame: invalid opcode 3"],
  ])("by %s, every time, is stepped over, and the gap is reported", async (_, misbehaviour, reason) => {
    server.publish(blueskyPost(10), blueskyPost(10.5), blueskyPost(11.7), blueskyPost(12.5));
    server.inject(sendAndReset(blueskyPost(10)), misbehaviour, misbehaviour);
    const { ids, notes } = read();
    await until(() => ids().length === 2);
    expect(cursors()).toEqual([null, cursorAt(5), cursorAt(11), cursorAt(12)]);
    expect(ids()).toEqual(["post-10", "post-12.5"]);
    expect(notes[1]).toContain(`a message cannot be read (${reason})`);
    expect(notes.slice(-2)).toEqual([
      "Bluesky: receiving again",
      `Bluesky: a gap: ${host()} delivered nothing of what was posted from 2026-11-23T08:00:10.000Z to 2026-11-23T08:00:12.500Z`,
    ]);
  });

  it("by an error message says why", async () => {
    const error = { $type: "error", error: "ConsumerTooSlow", message: "reads too slowly" };
    server.inject(sendFirst(JSON.stringify(error)));
    const { notes } = read();
    await until(() => notes.length === 1);
    expect(notes[0]).toContain("ConsumerTooSlow: reads too slowly; connecting again");
  });
});

describe("a Jetstream that is asked to go on from a cursor", () => {
  it("begins a few seconds earlier", async () => {
    server.publish(blueskyPost(4), blueskyPost(6), blueskyPost(10), blueskyPost(11));
    const { ids, notes } = read({}, EIGHT_US + 10e6);
    await until(() => ids().length === 3);
    expect(cursors()).toEqual([cursorAt(5)]);
    expect(ids()).toEqual(["post-6", "post-10", "post-11"]);
    expect(notes).toEqual([]);
  });

  it.each([
    ["version 1", () => server.url],
    ["version 2", () => server.url2],
  ])("and no longer has what was posted then has the gap reported with its times, in %s", async (_, url) => {
    server.publish(blueskyPost(10), blueskyPost(3600), blueskyPost(3601));
    server.forgetBefore(EIGHT_US + 3600e6);
    const { ids, notes } = read({ endpoints: [url()] }, EIGHT_US + 10e6);
    await until(() => ids().length === 2);
    expect(notes).toEqual([
      `Bluesky: a gap: ${host()} delivered nothing of what was posted from 2026-11-23T08:00:10.000Z to 2026-11-23T09:00:00.000Z`,
    ]);
  });
});

describe("a Jetstream of one's own", () => {
  it.each([400, 401, 403, 404])("that refuses with %i at first is an address to check", async (status) => {
    server.inject({ refuse: status });
    const { ended } = read();
    await expect(ended).rejects.toThrow(
      `--jetstream-url: ${host()} refused with HTTP ${status}; check the address, whose path is usually /subscribe`,
    );
  });

  it("that refuses so after it has delivered is asked again", async () => {
    server.inject(sendAndReset(blueskyPost(1)), { refuse: 404 });
    const { notes, connected } = read();
    await connected(3);
    expect(notes.at(-1)).toContain("refused with HTTP 404; connecting again");
  });
});
