import { describe, expect, it } from "@jest/globals";
import { blueskyPost, commit, EIGHT_US, handleChange } from "../../../../test-servers/jetstream-messages";
import { closeAfterAccept, sendAndReset } from "../../../../test-servers/jetstream-server";
import { cursorAt, useBluesky } from "../../../support/bluesky";
import { until } from "../../../support/moment";

const bluesky = useBluesky();

describe("Bluesky's Jetstream", () => {
  it.each([
    ["version 1", () => bluesky.server.url],
    ["version 2", () => bluesky.server.url2],
  ])("delivers posts with their author's DID, time and language, from %s", async (_, url) => {
    const { items, connected } = bluesky.read({ endpoints: [url()] });
    await connected(1);
    await until(() => bluesky.server.connections() === 1);
    bluesky.server.publish(
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

  it("is asked for posts and nothing else, in the parameters of each version", async () => {
    const { connected } = bluesky.read({ endpoints: [bluesky.server.url, bluesky.server.url2] });
    bluesky.server.inject(closeAfterAccept);
    await connected(2);
    expect(bluesky.server.subscriptions.map(({ path, parameters }) => [path, ...parameters])).toEqual([
      ["/subscribe", ["wantedCollections", "app.bsky.feed.post"]],
      [
        "/xrpc/network.bsky.jetstream.subscribeEvents",
        ["kinds", "commit"],
        ["collections", "app.bsky.feed.post"],
      ],
    ]);
  });
});

describe("Bluesky's Jetstream, while it is read", () => {
  it("has unwanted posts skipped", async () => {
    const { items, ids, connected } = bluesky.read({ isWanted: ({ langs }) => langs.includes("pt-BR") });
    await connected(1);
    bluesky.server.publish(
      blueskyPost(1, { langs: ["en"] }),
      blueskyPost(2, { langs: ["en", "pt-BR"] }),
      blueskyPost(3),
    );
    await until(() => items.length === 3);
    expect(ids()).toEqual(["post-2"]);
  });

  it("is closed in an orderly way when the source is stopped", async () => {
    const { connected, ended, notes } = bluesky.read();
    await connected(1);
    bluesky.stop.abort();
    await ended;
    await until(() => bluesky.server.connections() === 0);
    expect(notes).toEqual([]);
  });

  it("shows in the progress line where it reads and how far behind it is", async () => {
    const { source, items, connected, clock } = bluesky.read();
    expect(source.status()).toBe("connecting");
    await connected(1);
    bluesky.server.publish(blueskyPost(0));
    await until(() => items.length === 1);
    await clock.advance(7000);
    expect(source.status()).toBe(`${bluesky.host()}, 7 s behind`);
  });
});

describe("a Jetstream that is asked to resume from a cursor", () => {
  it("begins a few seconds earlier", async () => {
    bluesky.server.publish(blueskyPost(4), blueskyPost(6), blueskyPost(10), blueskyPost(11));
    const { ids, notes } = bluesky.read({}, EIGHT_US + 10e6);
    await until(() => ids().length === 3);
    expect(bluesky.cursors()).toEqual([cursorAt(5)]);
    expect(ids()).toEqual(["post-6", "post-10", "post-11"]);
    expect(notes).toEqual([]);
  });

  it.each([
    ["version 1", () => bluesky.server.url],
    ["version 2", () => bluesky.server.url2],
  ])("but no longer has what was posted then has the gap reported with its times, in %s", async (_, url) => {
    bluesky.server.publish(blueskyPost(10), blueskyPost(3600), blueskyPost(3601));
    bluesky.server.forgetBefore(EIGHT_US + 3600e6);
    const { ids, notes } = bluesky.read({ endpoints: [url()] }, EIGHT_US + 10e6);
    await until(() => ids().length === 2);
    expect(notes).toEqual([
      `Bluesky: posts from 2026-11-23T08:00:10.000Z to 2026-11-23T09:00:00.000Z may be missing: ${bluesky.host()} delivered none`,
    ]);
  });
});

describe("the user's own Jetstream", () => {
  it.each([400, 401, 403, 404])("that answers HTTP %i at first has its address reported", async (status) => {
    bluesky.server.inject({ answer: status });
    const { ended } = bluesky.read();
    await expect(ended).rejects.toThrow(
      `--jetstream-url: ${bluesky.host()}: the server answered HTTP ${status}; check the address, whose path is usually /subscribe`,
    );
  });

  it("that answers so after it has delivered is asked again", async () => {
    bluesky.server.inject(sendAndReset(blueskyPost(1)), { answer: 404 });
    const { notes, connected } = bluesky.read();
    await connected(3);
    expect(notes.at(-1)).toContain("the server answered HTTP 404; connecting again");
  });
});
