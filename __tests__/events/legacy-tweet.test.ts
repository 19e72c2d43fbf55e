import { describe, expect, it } from "@jest/globals";
import { parseEvent } from "../../events/parse-event";

/** The fields of a v1.1 tweet that matter, and some of those that do not. */
const tweet = {
  created_at: "Sun Aug 31 00:29:15 +0000 2014",
  id: 505874924095815700,
  id_str: "505874924095815681",
  text: "こんにちは",
  truncated: false,
  source: '<a href="http://example.com">A client</a>',
  user: { id_str: "1186275104", name: "名前", screen_name: "someone", verified: false },
  retweet_count: 0,
  lang: "ja",
};

const parse = (value: unknown) => parseEvent(Buffer.from(JSON.stringify(value)));

const detailOf = (value: unknown) => {
  const parsed = parse(value);
  return "detail" in parsed ? parsed.detail : parsed;
};
const { id_str: _, ...withoutIdText } = tweet;

describe("a tweet of Twitter's v1.1 API", () => {
  it("is an event", () => {
    expect(parse(tweet)).toEqual({
      ok: true,
      post: {
        id: "505874924095815681",
        username: "someone",
        name: "名前",
        text: "こんにちは",
        createdAt: "2014-08-31T00:29:15.000Z",
        source: "twitter",
        lang: "ja",
      },
    });
  });

  it("has its full text even if it is truncated", () => {
    const truncated = {
      ...tweet,
      text: "A long te…",
      truncated: true,
      extended_tweet: { full_text: "A long text" },
    };

    expect(parse(truncated)).toMatchObject({ ok: true, post: { text: "A long text" } });
  });

  it("needs neither a language nor a display name", () => {
    const result = parse({
      ...tweet,
      lang: null,
      extended_tweet: null,
      user: { screen_name: "someone", name: null },
    });

    expect(result).toEqual({
      ok: true,
      post: {
        id: "505874924095815681",
        username: "someone",
        text: "こんにちは",
        createdAt: "2014-08-31T00:29:15.000Z",
        source: "twitter",
      },
    });
  });
});

describe("an invalid tweet of Twitter's v1.1 API", () => {
  it("is recognized by its id_str, or by its created_at and user", () => {
    expect(detailOf({ ...tweet, user: undefined })).toBe("user: is missing");
    expect(detailOf({ ...tweet, created_at: undefined })).toBe("created_at: is missing");
    expect(detailOf({ ...withoutIdText, id: 7, user: {} })).toBe("user.screen_name: is missing");
    expect(detailOf({ ...withoutIdText, user: undefined })).toBe("id: must be string");
    expect(detailOf({ ...withoutIdText, created_at: undefined })).toBe("id: must be string");
  });

  it("is an event after all if it has an event's createdAt", () => {
    const event = { id: "1", username: "ada", text: "Hi", createdAt: "2026-11-23T07:21:57Z", source: "test" };

    expect(parse({ ...event, id_str: "2", created_at: "now", user: "ada" })).toEqual({
      ok: true,
      post: event,
    });
  });

  it.each<[string, object]>([
    ["id_str: must be string", { id_str: 7 }],
    ["id_str: must not be empty", { id_str: "" }],
    ["text: is missing", { text: undefined }],
    ["text: must be string", { text: 7 }],
    ["text: must not hold half of a surrogate pair", { text: "\ud83d" }],
    ["full_text: must not hold half of a surrogate pair", { full_text: "\ud83d" }],
    ["extended_tweet.full_text: is missing", { extended_tweet: {} }],
    [
      "extended_tweet.full_text: must not hold half of a surrogate pair",
      { extended_tweet: { full_text: "\udc00" } },
    ],
    ["user.screen_name: must not be empty", { user: { screen_name: "" } }],
    ["user.name: must not hold half of a surrogate pair", { user: { screen_name: "ada", name: "\udc00" } }],
    ["lang: must be string", { lang: 7 }],
    ["lang: must not hold half of a surrogate pair", { lang: "\udc00" }],
    ["retweeted_status.user: is missing", { retweeted_status: { text: "Hi" } }],
    [
      "retweeted_status.text: must be string",
      { retweeted_status: { user: { screen_name: "ada" }, text: {} } },
    ],
  ])("is described by its own field: %s", (detail, change) => {
    expect(parse({ ...tweet, ...change })).toEqual({ ok: false, reason: "invalid-event", detail });
  });
});

describe("a v1.1 tweet is invalid because of its ID or its time:", () => {
  it.each([undefined, null, 2 ** 53, 1.5, "7"])("needs an id_str if its id is %s", (id) => {
    expect(detailOf({ ...withoutIdText, id })).toBe(
      "id_str: is missing, and id is not an integer that JSON.parse keeps exact",
    );
  });

  it.each([
    "Sun Aug 31 2014",
    "31",
    "2014-08-31T00:29:15Z",
    "Sun Aug 99 00:29:15 +0000 2014",
    "(1) Sun Aug 31 00:29:15 +0000 2014",
    "Sun Aug 31 00:29:15 +0000 2014 1",
    "Fri Dec 31 23:59:00 -0001 9999",
  ])("is not dated %s", (created_at) => {
    expect(parse({ ...tweet, created_at })).toEqual({
      ok: false,
      reason: "invalid-event",
      detail: "created_at: must be a time such as Sun Aug 31 00:29:15 +0000 2014",
    });
  });
});
