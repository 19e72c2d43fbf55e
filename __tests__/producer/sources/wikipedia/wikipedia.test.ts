import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { SourceItem } from "../../../../producer/sources/source";
import { WikipediaSource } from "../../../../producer/sources/wikipedia/wikipedia";
import { type EventStreamServer, startEventStreamServer } from "../../../../test-servers/event-stream-server";
import { until } from "../../../support/moment";
import { withoutWaiting } from "../../../support/noted-reconnection";
import { VirtualClock } from "../../../support/virtual-clock";

let server: EventStreamServer;
let stop: AbortController;

beforeEach(async () => {
  server = await startEventStreamServer();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await server.stop();
});

/** Reads so many items from the server, with waits that take no time. */
async function read(count: number, { wikis, from }: { wikis?: string[]; from?: string } = {}) {
  const items: SourceItem[] = [];
  const notes: string[] = [];
  const clock = new VirtualClock();
  const options = { wikis, url: server.url, contact: "me@example.com", clock, ...withoutWaiting(clock) };
  const source = new WikipediaSource(options);
  for await (const item of source.items(stop.signal, from))
    if (item.kind === "notice") notes.push(item.message);
    else if (items.push(item) === count) break;
  return { items, notes };
}

function edit(id: string, values: Record<string, unknown> = {}) {
  return {
    $schema: "/mediawiki/recentchange/1.0.0",
    meta: { id, dt: "2026-11-23T07:21:57Z", domain: "ja.wikipedia.org" },
    type: "edit",
    wiki: "jawiki",
    user: "Ada",
    title: "猫",
    comment: "誤字",
    bot: false,
    ...values,
  };
}

function event(change: unknown, id: string): string {
  return `event: message\nid: ${id}\ndata: ${JSON.stringify(change)}\n\n`;
}

describe("Wikipedia", () => {
  it("delivers edits and new pages by their authors, and nothing else", async () => {
    server.answer([
      ":ok\n\n",
      event(edit("1"), "a"),
      event(edit("2", { type: "new", comment: undefined }), "b"),
      event(edit("3", { type: "categorize" }), "c"),
      event(edit("4", { meta: { id: "4", dt: "2026-11-23T07:21:57Z", domain: "canary" } }), "d"),
    ]);
    const { items } = await read(4);
    const post = {
      id: "1",
      username: "Ada",
      text: "猫: 誤字",
      createdAt: "2026-11-23T07:21:57Z",
      source: "jawiki",
    };
    expect(items).toEqual([
      { kind: "post", position: "a", post },
      { kind: "post", position: "b", post: { ...post, id: "2", text: "猫" } },
      { kind: "skipped", position: "c" },
      { kind: "skipped", position: "d" },
    ]);
  });

  it("delivers edits of the wanted wikis only", async () => {
    server.answer([event(edit("1"), "a"), event(edit("2", { wiki: "enwiki" }), "b")]);
    const { items } = await read(2, { wikis: ["enwiki", "dewiki"] });
    expect(items.map(({ kind }) => kind)).toEqual(["skipped", "post"]);
  });

  it("rejects what is not an edit, byte for byte", async () => {
    server.answer(["data: {oops\n\n", event({ ...edit("1"), user: 7 }, "b")]);
    const { items } = await read(2);
    expect(items).toEqual([
      {
        kind: "rejected",
        reason: "invalid-json",
        detail: "the event is not JSON",
        bytes: [Buffer.from("{oops")],
        position: undefined,
      },
      expect.objectContaining({ kind: "rejected", detail: "user: must be string", position: "b" }),
    ]);
  });

  it("resumes after the last event when the stream ends, or cannot be opened", async () => {
    server.answer([event(edit("1"), "[1]"), event(edit("2"), "[2]")], { status: 503 }, [
      event(edit("3"), "[3]"),
    ]);
    const { items, notes } = await read(3, { from: "[0]" });
    expect(items.map(({ position }) => position)).toEqual(["[1]", "[2]", "[3]"]);
    expect(server.lastEventIds).toEqual(["[0]", "[2]", "[2]"]);
    expect(notes).toEqual([
      "Wikipedia: the server ended the stream; connecting again in 0.5 s",
      "Wikipedia: the server answered HTTP 503; connecting again in 1 s",
      "Wikipedia: receiving again",
    ]);
  });

  it("ends when it is stopped", async () => {
    const reading = read(1);
    await until(() => server.lastEventIds.length === 1);
    stop.abort();
    expect(await reading).toEqual({ items: [], notes: [] });
  });
});

describe("server-sent events", () => {
  it("are read wherever they are cut, with any line ends, comments, and data of several lines", async () => {
    const change = JSON.stringify(edit("1", { title: "👩‍👩‍👧‍👦" }), undefined, 1);
    const text = `:\r\nid:x\r\n${change.replace(/^/gm, "data:")}\r\nretry: 5\r\n\r\n: end\n`;
    server.answer([...Buffer.from(text)].map((byte) => Buffer.from([byte])));
    const { items } = await read(1);
    expect(items).toMatchObject([{ kind: "post", position: "x", post: { text: "👩‍👩‍👧‍👦: 誤字" } }]);
  });
});
