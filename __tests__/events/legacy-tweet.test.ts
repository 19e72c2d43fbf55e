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
  it("is recognized by its id_str, so that errors are about the intended format", () => {
    expect(parse({ ...tweet, user: undefined })).toMatchObject({ ok: false, detail: "user: is missing" });
    expect(parse({ ...tweet, user: {} })).toMatchObject({
      ok: false,
      detail: "user.screen_name: is missing",
    });
    expect(parse({ ...tweet, id_str: 7 })).toMatchObject({ ok: false, detail: "id_str: must be string" });
  });

  it("must meet the event's own rules", () => {
    expect(parse({ ...tweet, id_str: "" })).toMatchObject({ ok: false, detail: "id: must not be empty" });
    expect(parse({ ...tweet, text: "\ud83d" })).toMatchObject({
      ok: false,
      detail: "text: must not hold half of a surrogate pair",
    });
  });

  it.each(["Sun Aug 31 2014", "31", "2014-08-31T00:29:15Z", "Sun Aug 99 00:29:15 +0000 2014"])(
    "is not dated %s",
    (created_at) => {
      expect(parse({ ...tweet, created_at })).toEqual({
        ok: false,
        reason: "invalid-event",
        detail: "created_at: must be a time such as Sun Aug 31 00:29:15 +0000 2014",
      });
    },
  );
});
