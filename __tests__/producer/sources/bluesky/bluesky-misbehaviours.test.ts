import { describe, expect, it } from "@jest/globals";
import { blueskyPost } from "../../../../test-servers/jetstream-messages";
import {
  brokenFrame,
  closeAfterAccept,
  sendAndReset,
  sendFirst,
  sendInPieces,
  silence,
  startJetstreamServer,
} from "../../../../test-servers/jetstream-server";
import { cursorAt, useBluesky } from "../../../support/bluesky";
import { until } from "../../../support/moment";

const bluesky = useBluesky();

describe("a Jetstream that misbehaves", () => {
  it("by silence is left for the next one", async () => {
    bluesky.server.inject(silence);
    const { notes, connected, ids, clock } = bluesky.read();
    await connected(1);
    await clock.advance(30_000);
    await connected(2);
    bluesky.server.publish(blueskyPost(1));
    await until(() => ids().length === 1);
    expect(notes).toEqual([
      "Bluesky: nothing received for 30 s; connecting again in 0.5 s",
      "Bluesky: receiving again",
    ]);
  });

  it("by accepting connections only to close them is asked less and less often", async () => {
    bluesky.server.inject(...Array.from({ length: 8 }, () => closeAfterAccept));
    const { notes, waits, connected } = bluesky.read();
    await connected(9);
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    expect(notes[0]).toBe(
      `Bluesky: ${bluesky.host()}: the server closed the connection (1011 go away); connecting again in 0.5 s`,
    );
  });

  it("by a message and a reset, again and again, is asked less and less often too", async () => {
    bluesky.server.inject(...Array.from({ length: 4 }, () => sendAndReset(blueskyPost(1))));
    const { waits, connected } = bluesky.read();
    await connected(5);
    expect(waits).toEqual([500, 1000, 2000, 4000]);
  });

  it("by a reset after a time of good service is asked again soon", async () => {
    bluesky.server.inject(closeAfterAccept, closeAfterAccept);
    const { ids, waits, clock, connected } = bluesky.read();
    await connected(3);
    bluesky.server.publish(blueskyPost(1));
    await until(() => ids().length === 1);
    await clock.advance(10_000);
    bluesky.server.publish(blueskyPost(2));
    await until(() => ids().length === 2);
    await bluesky.server.stop();
    await until(() => waits.length >= 3);
    expect(waits.slice(0, 3)).toEqual([500, 1000, 500]);
  });
});

describe("a Jetstream that misbehaves, in the middle or at the start", () => {
  it("by an abnormal close loses nothing: it resumes from the cursor, a few seconds earlier", async () => {
    bluesky.server.publish(blueskyPost(1), blueskyPost(10), blueskyPost(11), blueskyPost(12));
    bluesky.server.inject(sendAndReset(blueskyPost(10)));
    const { ids, notes } = bluesky.read();
    await until(() => ids().length === 4);
    expect(bluesky.cursors()).toEqual([null, cursorAt(5)]);
    expect(ids()).toEqual(["post-10", "post-10", "post-11", "post-12"]);
    expect(notes).toEqual([expect.stringMatching(/connecting again in 0\.5 s$/), "Bluesky: receiving again"]);
  });

  it("by breaking off while it repeats what was seen is not asked for ever older posts", async () => {
    bluesky.server.inject(
      sendAndReset(blueskyPost(10)),
      sendAndReset(blueskyPost(5)),
      sendAndReset(blueskyPost(6)),
    );
    const { connected } = bluesky.read();
    await connected(4);
    expect(bluesky.cursors()).toEqual([null, cursorAt(5), cursorAt(5), cursorAt(5)]);
  });

  it("by answering HTTP 503 is left for the next one", async () => {
    const other = await startJetstreamServer();
    bluesky.server.inject({ answer: 503 });
    const { ids, notes, source } = bluesky.read({ endpoints: [bluesky.server.url, other.url] });
    await until(() => other.connections() === 1);
    other.publish(blueskyPost(1));
    await until(() => ids().length === 1);
    expect(notes[0]).toBe(
      `Bluesky: ${bluesky.host()}: the server answered HTTP 503; connecting again in 0.5 s`,
    );
    expect(source.status()).toContain(other.url.host);
    bluesky.stop.abort();
    await other.stop();
  });

  it("by not being there is left for the next one", async () => {
    const gone = await startJetstreamServer();
    await gone.stop();
    const { notes, connected } = bluesky.read({ endpoints: [gone.url, bluesky.server.url] });
    await connected(1);
    expect(notes).toEqual([
      `Bluesky: ${gone.url.host}: connect ECONNREFUSED ${gone.url.host}; connecting again in 0.5 s`,
    ]);
  });
});

describe("a Jetstream that misbehaves, in its messages", () => {
  it("by malformed JSON and messages of another form has them rejected, byte for byte, and is read on", async () => {
    const noText = JSON.stringify(blueskyPost(3, { text: 7 }).version1);
    const halfEmoji = JSON.stringify(blueskyPost(4, { text: "cut \ud83d" }).version1);
    bluesky.server.inject(sendFirst('{"did":', '{"did":"did:plc:ada"}', "null", noText, halfEmoji));
    const { items, ids, connected } = bluesky.read();
    await connected(1);
    await until(() => items.length === 5);
    bluesky.server.publish(blueskyPost(5));
    await until(() => ids().length === 1);
    const rejected = items.flatMap((item) =>
      item.kind === "rejected"
        ? [[item.reason, item.detail, Buffer.concat([...(item.bytes as Iterable<Uint8Array>)]).toString()]]
        : [],
    );
    expect(rejected).toEqual([
      ["invalid-json", "the message is not JSON", '{"did":'],
      ["invalid-event", "time_us: is missing", '{"did":"did:plc:ada"}'],
      ["invalid-event", "the event: must be Object", "null"],
      ["invalid-event", "the record has no text", noText],
      ["invalid-event", "text: must not hold half of a surrogate pair", halfEmoji],
    ]);
  });

  it("by fragments and frames cut anywhere is read all the same", async () => {
    bluesky.server.inject(sendInPieces(blueskyPost(1, { text: "👩‍👩‍👧‍👦 שלום" }), 7));
    const { items } = bluesky.read();
    await until(() => items.length === 1);
    expect(items[0]).toMatchObject({ kind: "post", post: { text: "👩‍👩‍👧‍👦 שלום" } });
  });

  it("by a message of a megabyte is read all the same", async () => {
    const text = "x".repeat(1024 * 1024);
    bluesky.server.inject(sendFirst(JSON.stringify(blueskyPost(1, { embed: { text } }).version1)));
    const { ids } = bluesky.read();
    await until(() => ids().length === 1);
  });

  it.each([
    ["a huge message", sendFirst("x".repeat(9 * 1024 * 1024)), "Max payload size exceeded"],
    ["a broken frame", brokenFrame, "Invalid WebSocket frame: invalid opcode 3"],
  ])("by %s, every time, has that skipped, and the gap reported", async (_, misbehaviour, reason) => {
    bluesky.server.publish(blueskyPost(10), blueskyPost(10.5), blueskyPost(11.7), blueskyPost(12.5));
    bluesky.server.inject(sendAndReset(blueskyPost(10)), misbehaviour, misbehaviour);
    const { ids, notes } = bluesky.read();
    await until(() => ids().length === 2);
    expect(bluesky.cursors()).toEqual([null, cursorAt(5), cursorAt(11), cursorAt(12)]);
    expect(ids()).toEqual(["post-10", "post-12.5"]);
    expect(notes[1]).toContain(`a message cannot be read (${reason})`);
    expect(notes.slice(-2)).toEqual([
      "Bluesky: receiving again",
      `Bluesky: posts from 2026-11-23T08:00:10.000Z to 2026-11-23T08:00:12.500Z may be missing: ${bluesky.host()} delivered none`,
    ]);
  });

  it("by an error message has it reported", async () => {
    const error = { $type: "error", error: "ConsumerTooSlow", message: "reads too slowly" };
    bluesky.server.inject(sendFirst(JSON.stringify(error)));
    const { notes } = bluesky.read();
    await until(() => notes.length === 1);
    expect(notes[0]).toContain("ConsumerTooSlow: reads too slowly; connecting again");
  });
});
