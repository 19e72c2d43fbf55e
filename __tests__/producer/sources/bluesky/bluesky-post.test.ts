import { describe, expect, it } from "@jest/globals";
import { postOf } from "../../../../producer/sources/bluesky/bluesky-post";

/** 2026-11-23T08:00:00.123456Z */
const TIME_US = Date.parse("2026-11-23T08:00:00.123Z") * 1000 + 456;

function resultOf(record: unknown) {
  return postOf({ kind: "post", timeUs: TIME_US, did: "did:plc:ada", rkey: "3l3qo2vuowo2b", record });
}

function createdAtOf(createdAt: unknown): string | undefined {
  const result = resultOf({ text: "", createdAt });
  return result.ok ? result.post.createdAt : undefined;
}

describe("a post of Bluesky", () => {
  it.each([
    ["in UTC", "2026-11-23T07:59:59.5Z", "2026-11-23T07:59:59.500Z"],
    ["with an offset", "2026-11-23T16:59:59+09:00", "2026-11-23T07:59:59.000Z"],
    ["with more digits than milliseconds have", "2026-11-23T07:59:59.123456789Z", "2026-11-23T07:59:59.123Z"],
    ["years ago, as of an imported post", "2012-02-29T12:00:00Z", "2012-02-29T12:00:00.000Z"],
  ])("keeps the time it was written, %s", (_, createdAt, expected) => {
    expect(createdAtOf(createdAt)).toBe(expected);
  });

  it.each([
    ["in the future", "2026-11-23T08:00:01Z"],
    ["before the epoch", "0001-01-01T00:00:00Z"],
    ["without a time zone", "2026-11-23T07:00:00"],
    ["in words", "yesterday"],
    ["that no calendar has", "2026-13-41T07:00:00Z"],
    ["in a year of five digits", "+020026-11-23T07:00:00Z"],
    ["that is a number", 1_700_000_000],
    ["that is missing", undefined],
  ])("has the time it arrived instead of one %s", (_, createdAt) => {
    expect(createdAtOf(createdAt)).toBe("2026-11-23T08:00:00.123Z");
  });

  it("may have no text, no language, or languages that are none", () => {
    const expected = { id: "3l3qo2vuowo2b", username: "did:plc:ada", text: "", source: "bluesky" };
    for (const langs of [undefined, [], "en", [7]]) {
      const result = resultOf({ text: "", langs });
      expect(result).toMatchObject({ ok: true, post: expected, langs: [] });
      expect(result).not.toHaveProperty("post.lang");
    }
  });

  it.each([
    ["no record", undefined, "the record has no text"],
    ["no text", {}, "the record has no text"],
    ["half a character", { text: "\udc00" }, "text: must not hold half of a surrogate pair"],
    [
      "half a character as its language",
      { text: "", langs: ["\ud800"] },
      "lang: must not hold half of a surrogate pair",
    ],
  ])("is rejected with %s", (_, record, detail) => {
    expect(resultOf(record)).toEqual({ ok: false, detail });
  });
});
