import { describe, expect, it } from "@jest/globals";
import { parseEvent } from "../../events/parse-event";
import { post } from "../support/posts";

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe("parseEvent", () => {
  it("returns an event as it was written, without fields that are not in the contract", () => {
    const event = post({ name: "Ada Lovelace", lang: "en" });

    expect(parseEvent(bytes({ ...event, retweets: 7 }))).toEqual({ ok: true, post: event });
  });

  it.each([
    ["Kanji", "前田あゆみ 第一印象:なんか怖っ！"],
    ["emoji of several code points", "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁳󠁣󠁴󠁿 👍🏽"],
    ["right-to-left text with its marks", "\u200fשלום عالم\u200e \u202bمرحبا\u202c"],
    ["combining marks, not normalized", "e\u0301 \u1100\u1161"],
    ["control characters and a NUL", 'a\u0000b\u2028c\ttab "quoted" \\'],
    ["no text at all", ""],
  ])("keeps %s code unit by code unit", (_, text) => {
    expect(parseEvent(bytes(post({ text })))).toEqual({ ok: true, post: post({ text }) });
  });

  it("reads bytes that are a part of a larger buffer", () => {
    const event = bytes(post());
    const larger = Buffer.concat([Buffer.from("{{{"), event, Buffer.from("}}}")]);

    expect(parseEvent(new Uint8Array(larger.buffer, larger.byteOffset + 3, event.length))).toEqual({
      ok: true,
      post: post(),
    });
  });

  it("skips a byte order mark", () => {
    const withMark = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes(post())]);

    expect(parseEvent(withMark)).toEqual({ ok: true, post: post() });
  });
});

describe("parseEvent, for what is not an event,", () => {
  it.each([
    ["a byte that UTF-8 never has", [0x7b, 0xff, 0x7d]],
    ["a character that is cut off", [0x22, 0xe6, 0x80]],
    ["an encoded surrogate", [0x22, 0xed, 0xa0, 0xbd, 0x22]],
    ["an overlong encoding", [0x22, 0xc0, 0xaf, 0x22]],
    ["Latin-1", [0x22, 0xe9, 0x22]],
  ])("calls %s invalid UTF-8", (_, data) => {
    expect(parseEvent(Uint8Array.from(data))).toEqual({
      ok: false,
      reason: "invalid-utf8",
      detail: `the ${data.length} bytes are not UTF-8`,
    });
  });

  it.each([
    ["no bytes", ""],
    ["a broken line", '{"id":"1","username":'],
    ["two events", `${JSON.stringify(post())}\n${JSON.stringify(post())}`],
    ["brackets without end", "[".repeat(100_000)],
  ])("calls %s invalid JSON", (_, text) => {
    expect(parseEvent(Buffer.from(text))).toEqual({
      ok: false,
      reason: "invalid-json",
      detail: `the ${text.length} bytes are not JSON`,
    });
  });

  it.each([
    ["null", null, "the event: must be Object"],
    ["a list", [post()], "id: is missing"],
    ["a text", "hello", "the event: must be Object"],
    ["a missing field", { ...post(), username: undefined }, "username: is missing"],
    ["a number for an ID", { ...post(), id: 1 }, "id: must be string"],
    ["an empty ID", post({ id: "" }), "id: must not be empty"],
    ["an empty author", post({ username: "" }), "username: must not be empty"],
    ["an empty source", post({ source: "" }), "source: must not be empty"],
    ["text that is not text", { ...post(), text: { secret: "s" } }, "text: must be string"],
    [
      "half of a surrogate pair",
      post({ text: "cut \ud83d" }),
      "text: must not hold half of a surrogate pair",
    ],
    ["half of a pair in an ID", post({ id: "\udc00" }), "id: must not hold half of a surrogate pair"],
  ])("calls %s an invalid event, and names the broken rule without the content", (_, value, detail) => {
    expect(parseEvent(bytes(value))).toEqual({ ok: false, reason: "invalid-event", detail });
  });
});

describe("parseEvent, for a time,", () => {
  it.each([
    "2026-11-23T07:21:57Z",
    "2026-11-23T07:21:57.1Z",
    "2026-11-23T07:21:57.123456Z",
    "2028-02-29T23:59:59Z",
  ])("accepts %s", (createdAt) => {
    expect(parseEvent(bytes(post({ createdAt })))).toEqual({ ok: true, post: post({ createdAt }) });
  });

  it.each([
    "2026-11-23",
    "2026-11-23T07:21:57",
    "2026-11-23T07:21:57+02:00",
    "2026-02-30T07:21:57Z",
    "2026-11-23T24:00:00Z",
    "2026-13-01T00:00:00Z",
    "yesterday",
    " 2026-11-23T07:21:57Z",
    "2026-11-23T07:21:57Z (UTC)",
    "2026-11-23T07:21:57.Z",
    "12026-11-23T07:21:57Z",
  ])("does not accept %s", (createdAt) => {
    expect(parseEvent(bytes(post({ createdAt })))).toEqual({
      ok: false,
      reason: "invalid-event",
      detail: "createdAt: must be an ISO 8601 time in UTC, such as 2026-11-23T07:21:57Z",
    });
  });
});
