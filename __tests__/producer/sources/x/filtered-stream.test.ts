import { describe, expect, it } from "@jest/globals";
import { delivering, flooding, streamedPost } from "../../../../test-servers/x-server";
import { steady, until } from "../../../support/moment";
import { useXStream } from "../../../support/x-stream";

const fixture = useXStream();

describe("X's filtered stream", () => {
  it("keeps characters whole that are split across chunks", async () => {
    const text = "今日は😋 👨‍👩‍👧 שלום";
    const bytes = Buffer.from(streamedPost({ text }));
    const start = bytes.indexOf("今") - 1;
    const pieces = Array.from(bytes.subarray(start, start + 50), (byte) => Buffer.from([byte]));
    fixture.x.behave(delivering(bytes.subarray(0, start), ...pieces, bytes.subarray(start + 50)));
    const { texts } = fixture.read();
    await until(() => texts.length === 1);
    expect(texts).toEqual([text]);
  });

  it("does not take a lone \\r\\n that ends a post for a keep-alive", async () => {
    const post = (text: string) => streamedPost({ text }).trimEnd();
    fixture.x.behave(
      delivering(post("one"), "\r\n", post("two"), "\r\n", "\r\n", `${post("three")}\r`, "\n"),
    );
    const result = fixture.read();
    await until(() => result.texts.length === 3);
    expect(result).toMatchObject({ texts: ["one", "two", "three"], rejected: [], keepAlives: 1 });
  });

  it("loses none of 5,000 posts that come at once, and keeps their order", async () => {
    const texts = Array.from({ length: 5000 }, (_, number) => `post ${number}`);
    fixture.x.behave(flooding(texts.map((text) => streamedPost({ text }))));
    const result = fixture.read();
    await until(() => result.texts.length === 5000);
    expect(result.texts).toEqual(texts);
  });

  it("reads no further than its posts are taken", async () => {
    const post = streamedPost({ text: "x".repeat(10_000) });
    fixture.x.behave(flooding(Array.from({ length: 10_000 }, () => post)));
    const stopping = new AbortController();
    const items = fixture.stream().items(stopping.signal);
    await items.next();
    // What has left the server waits in the network's buffers.
    expect(await steady(() => fixture.x.bytesSent)).toBeLessThan(20_000_000);
    stopping.abort();
    await items.return(undefined);
  });

  it("rejects a payload that is not a post, and reads on", async () => {
    fixture.x.behave(
      delivering(
        '{"data":{"id":"1"}}\r\n',
        "nonsense\r\n",
        Buffer.from([0xff, 0x0d, 0x0a]),
        streamedPost({ text: "fine" }),
      ),
    );
    const result = fixture.read();
    await until(() => result.texts.length === 1);
    expect(result.rejected).toEqual(["invalid-event", "invalid-json", "invalid-utf8"]);
  });

  it("closes the connection when it is stopped, so that X accepts the next one", async () => {
    fixture.x.behave(delivering(streamedPost()));
    const first = fixture.read();
    await until(() => first.texts.length === 1);
    await first.stop();
    await until(() => fixture.x.streams.size === 0);

    const second = fixture.read();
    await until(() => second.texts.length === 1);
    expect(second.notices).toEqual([]);
  });
});
