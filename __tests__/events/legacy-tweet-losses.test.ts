import { describe, expect, it } from "@jest/globals";
import { parseEvent } from "../../events/parse-event";

/** A tweet as a search with `tweet_mode=compat` returns it. */
const tweet = {
  created_at: "Sun Aug 31 00:29:15 +0000 2014",
  id_str: "505874924095815681",
  text: "Hello",
  user: { screen_name: "ada" },
};
const { id_str: _, ...withoutIdText } = tweet;

const parse = (value: unknown) => parseEvent(Buffer.from(JSON.stringify(value)));

describe("a v1.1 tweet that was rejected although it is one", () => {
  it("may have its text in full_text, as with tweet_mode=extended", () => {
    const { text, ...extended } = tweet;

    expect(parse({ ...extended, full_text: text })).toEqual(parse(tweet));
    expect(parse({ ...extended, text: null, full_text: text })).toEqual(parse(tweet));
  });

  it("may have its ID as a number, as long as that is exact", () => {
    expect(parse({ ...withoutIdText, id: 9_007_199_254_740_991 })).toMatchObject({
      ok: true,
      post: { id: "9007199254740991", username: "ada", text: "Hello" },
    });
    expect(parse({ ...tweet, id: 7 })).toMatchObject({ post: { id: "505874924095815681" } });
  });

  it("may have null where it knows no more", () => {
    const nulls = { lang: null, extended_tweet: null, full_text: null, retweeted_status: null };

    expect(parse({ ...tweet, ...nulls, user: { ...tweet.user, name: null } })).toEqual(parse(tweet));
    expect(parse({ ...withoutIdText, id_str: null, id: 7 })).toMatchObject({ post: { id: "7" } });
  });
});

describe("a v1.1 retweet that was stored with its text cut", () => {
  const retweet = { ...tweet, text: "RT @grace: A long te…" };
  const textOf = (retweeted_status: object) => {
    const parsed = parse({ ...retweet, retweeted_status });
    return parsed.ok ? parsed.post.text : parsed;
  };
  const user = { screen_name: "grace" };

  it("has the whole text of what it retweets", () => {
    expect(textOf({ user, text: "A long text" })).toBe("RT @grace: A long text");
    expect(textOf({ user, full_text: "A long text" })).toBe("RT @grace: A long text");
    expect(
      textOf({ user, text: "A long te…", extended_tweet: { full_text: "A long text", entities: {} } }),
    ).toBe("RT @grace: A long text");
  });

  it("is by its own author and has its own ID", () => {
    expect(parse({ ...retweet, retweeted_status: { ...tweet, id_str: "1", user } })).toMatchObject({
      post: { id: "505874924095815681", username: "ada" },
    });
  });

  it("keeps the text that it has if that of the retweeted tweet is missing", () => {
    expect(textOf({ user })).toBe("RT @grace: A long te…");
    expect(textOf({ user, text: "" })).toBe("RT @grace: ");
  });
});

describe("what a v1.1 stream says besides tweets, which was rejected,", () => {
  it.each([
    ["delete", { delete: { status: { id: 1234, id_str: "1234", user_id: 3, user_id_str: "3" } } }],
    ["scrub_geo", { scrub_geo: { user_id: 14090452, up_to_status_id: 23260136625 } }],
    ["limit", { limit: { track: 1234 } }],
    ["status_withheld", { status_withheld: { id: 1234567890, withheld_in_countries: ["DE", "AR"] } }],
    ["user_withheld", { user_withheld: { id: 123456, withheld_in_countries: ["DE", "AR"] } }],
    ["disconnect", { disconnect: { code: 4, stream_name: "", reason: "" } }],
    ["warning", { warning: { code: "FALLING_BEHIND", message: "…", percent_full: 60 } }],
    ["drop", { drop: { status: { id: 1 } } }],
    ["undrop", { undrop: { status: { id: 1 } } }],
    ["tweet_edit", { tweet_edit: { id: "1", initial_tweet_id: "1" } }],
    ["user_delete", { user_delete: { id: 1 } }],
    ["user_undelete", { user_undelete: { id: 1 } }],
    ["user_protect", { user_protect: { id: 1 } }],
    ["user_unprotect", { user_unprotect: { id: 1 } }],
    ["user_suspend", { user_suspend: { id: 1 } }],
    ["user_unsuspend", { user_unsuspend: { id: 1 } }],
  ])("is a notice: %s", (notice, value) => {
    expect(parse(value)).toEqual({ ok: false, notice });
  });

  it("has one field, with a name that is known: anything else is an invalid event", () => {
    for (const value of [{}, { limits: {} }, { limit: {}, text: "Hello" }, ["limit"], "limit", null])
      expect(parse(value)).toMatchObject({ ok: false, reason: "invalid-event" });
  });
});
