import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { brokenItemLimit, eventItem } from "../../../../events/event-item";
import { parseEvent } from "../../../../events/parse-event";
import {
  differingAttributes,
  expectedItem,
  isStreamNotice,
} from "../../../../local/commands/reconciliation/expected-item";
import { post } from "../../../support/posts";

const ARRIVED_MS = Date.UTC(2026, 10, 23, 7, 21, 57, 999);

function expected(value: unknown, timeToLiveDays = 0) {
  const data = value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
  return expectedItem({ data, arrivedMs: ARRIVED_MS }, timeToLiveDays);
}

const ITEM = {
  Username: { S: "ada" },
  Id: { S: "1" },
  Timestamp: { S: "2026-11-23T07:21:57Z" },
  Message: { S: "Hello" },
  Source: { S: "test" },
};

const TWEET = {
  id_str: "505874924095815681",
  created_at: "Sun Aug 31 00:29:15 +0000 2014",
  text: "short",
  user: { screen_name: "ayuu0123", name: "AYUMI" },
  lang: "ja",
};

const TWEET_ITEM = {
  Username: { S: "ayuu0123" },
  Id: { S: "505874924095815681" },
  Timestamp: { S: "2014-08-31T00:29:15.000Z" },
  Message: { S: "short" },
  Name: { S: "AYUMI" },
  Source: { S: "twitter" },
  Lang: { S: "ja" },
};

/** The value without one of its fields. */
function without(value: object, field: string): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== field));
}

describe("the item that is expected of an event", () => {
  it("has every field as an attribute", () => {
    expect(expected(post())).toEqual(ITEM);
    expect(expected(post({ name: "", lang: "en" }))).toEqual({ ...ITEM, Name: { S: "" }, Lang: { S: "en" } });
    expect(expected(post({ text: "" }))).toEqual({ ...ITEM, Message: { S: "" } });
  });

  it("expires the time to live after the arrival, in whole seconds", () => {
    expect(expected(post(), 1)).toEqual({
      ...ITEM,
      ExpiresAt: { N: String(Date.UTC(2026, 10, 24, 7, 21, 57) / 1000) },
    });
  });

  it("does not mind a byte order mark or a field that it does not know", () => {
    const json = JSON.stringify({ ...post(), more: 1 });
    expect(expected(Buffer.from(`\u{feff}${json}`))).toEqual(ITEM);
  });

  it.each(["2026-11-23T07:21:57.1Z", "2024-02-29T23:59:59.123456Z"])(
    "keeps the time %s as it is",
    (createdAt) => {
      expect(expected(post({ createdAt }))).toEqual({ ...ITEM, Timestamp: { S: createdAt } });
    },
  );
});

describe("no item is expected", () => {
  it.each([
    ["bytes that are not UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["bytes that are not JSON", Buffer.from("{")],
    ["null", null],
    ["a number", 1],
    ["a list", []],
    ...["id", "username", "text", "createdAt", "source"].map(
      (field) => [`an event without ${field}`, without(post(), field)] as const,
    ),
    ...["id", "username", "source"].map(
      (field) => [`an event with an empty ${field}`, { ...post(), [field]: "" }] as const,
    ),
    ...["id", "username", "name", "text", "source", "lang"].flatMap((field) => [
      [`an event whose ${field} is half a surrogate pair`, { ...post(), [field]: "\ud83d" }] as const,
      [`an event whose ${field} is null`, { ...post(), [field]: null }] as const,
    ]),
    ...[
      "2026-02-30T00:00:00Z",
      "2026-13-01T00:00:00Z",
      "2026-11-23T07:21:57",
      "2026-11-23T07:21:57+00:00",
      "2026-11-23T07:21:57.Z",
      "2026-11-23 07:21:57Z",
      " 2026-11-23T07:21:57Z",
      "2026-11-23T07:21:57Z ",
    ].map((createdAt) => [`an event of ${JSON.stringify(createdAt)}`, post({ createdAt })] as const),
  ])("of %s", (_name, value) => {
    expect(expected(value)).toBeUndefined();
  });

  it("of an event over DynamoDB's limits, in bytes", () => {
    const fits = (values: object, days = 0) => expected(post(values), days) !== undefined;
    expect([2_047, 2_048, 2_049].map((size) => fits({ username: "x".repeat(size) }))).toEqual([
      true,
      true,
      false,
    ]);
    expect([1_024, 1_025].map((size) => fits({ id: "x".repeat(size) }))).toEqual([true, false]);
    expect([1_024, 1_025].map((size) => fits({ username: "é".repeat(size) }))).toEqual([true, false]);
    const names = "UsernameIdTimestampMessageSource".length;
    const values = "ada".length + "1".length + "2026-11-23T07:21:57Z".length + "test".length;
    const room = 400 * 1024 - names - values;
    expect([room, room + 1].map((size) => fits({ text: "x".repeat(size) }))).toEqual([true, false]);
    const roomWithExpiry = room - "ExpiresAt".length - 21;
    expect([roomWithExpiry, roomWithExpiry + 1].map((size) => fits({ text: "x".repeat(size) }, 1))).toEqual([
      true,
      false,
    ]);
  });
});

describe("the item that is expected of a v1.1 tweet", () => {
  it("has the tweet's fields as attributes", () => {
    expect(expected(TWEET)).toEqual(TWEET_ITEM);
  });

  it("has the full text of a truncated tweet", () => {
    expect(expected({ ...TWEET, extended_tweet: { full_text: "whole" } })).toEqual({
      ...TWEET_ITEM,
      Message: { S: "whole" },
    });
  });

  it.each([
    [{ full_text: "whole" }, "whole"],
    [{ text: null, full_text: "whole" }, "whole"],
    [{ text: undefined, full_text: "whole" }, "whole"],
    [{ full_text: "x", extended_tweet: { full_text: "whole" } }, "whole"],
    [{ retweeted_status: { user: { screen_name: "bob" }, text: "whole" } }, "RT @bob: whole"],
    [{ retweeted_status: { user: { screen_name: "bob" }, text: "" } }, "RT @bob: "],
    [
      {
        retweeted_status: { user: { screen_name: "bob" }, extended_tweet: { full_text: "whole" }, text: "x" },
      },
      "RT @bob: whole",
    ],
    [{ retweeted_status: { user: { screen_name: "bob" } } }, "short"],
    [{ retweeted_status: null, full_text: null, extended_tweet: null }, "short"],
  ])("has the text of %j", (texts, text) => {
    expect(expected({ ...TWEET, ...texts })).toEqual({ ...TWEET_ITEM, Message: { S: text } });
  });

  it("has the id as a number if that is exact, and no id_str", () => {
    const tweet = without(TWEET, "id_str");
    expect(expected({ ...tweet, id: 9_007_199_254_740_991 })).toEqual({
      ...TWEET_ITEM,
      Id: { S: "9007199254740991" },
    });
    expect(expected({ ...TWEET, id: 1 })).toEqual(TWEET_ITEM);
    expect(expected({ ...TWEET, id_str: null, id: 1 })).toEqual({ ...TWEET_ITEM, Id: { S: "1" } });
    for (const id of [9_007_199_254_740_992, "1", undefined])
      expect(expected({ ...tweet, id })).toBeUndefined();
  });
});

describe("the item that is expected of an unusual v1.1 tweet", () => {
  it.each([{ name: "" }, { name: null }, {}])("has no name if the tweet's is %j", (user) => {
    const { Name: _, ...item } = TWEET_ITEM;
    expect(expected({ ...TWEET, user: { screen_name: "ayuu0123", ...user } })).toEqual(item);
  });

  it.each([{ lang: "" }, { lang: null }])("has no language if the tweet's is %j", (lang) => {
    const { Lang: _, ...item } = TWEET_ITEM;
    expect(expected({ ...TWEET, ...lang })).toEqual(item);
  });

  it.each([
    ["an id that is no text", { ...TWEET, id_str: 1 }],
    ["an empty id", { ...TWEET, id_str: "" }],
    ["no user", without(TWEET, "user")],
    ["a user without a screen name", { ...TWEET, user: {} }],
    ["a time in another format", { ...TWEET, created_at: "2014-08-31T00:29:15Z" }],
    ["a time with more before it", { ...TWEET, created_at: `x${TWEET.created_at}` }],
    ["a time with more after it", { ...TWEET, created_at: `${TWEET.created_at}0` }],
    ["a time that does not exist", { ...TWEET, created_at: "Sun Foo 31 00:29:15 +0000 2014" }],
    ["no time", without(TWEET, "created_at")],
    ["no text", without(TWEET, "text")],
    ["a time after the year 9999", { ...TWEET, created_at: "Fri Dec 31 23:59:59 -0001 9999" }],
    ["the time of an event, too", { ...TWEET, createdAt: "2026-11-23T07:21:57Z" }],
    ["a retweet by nobody", { ...TWEET, retweeted_status: { text: "x", user: {} } }],
    ["half a surrogate pair", { ...TWEET, full_text: "\ud83d" }],
  ])("is none if it has %s", (_name, value) => {
    expect(expected(value)).toBeUndefined();
  });
});

describe("a notice from a stream of tweets", () => {
  const isNotice = (value: unknown) => isStreamNotice(Buffer.from(JSON.stringify(value)));

  it.each([
    "delete",
    "disconnect",
    "drop",
    "limit",
    "scrub_geo",
    "status_withheld",
    "tweet_edit",
    "undrop",
    "user_delete",
    "user_protect",
    "user_suspend",
    "user_undelete",
    "user_unprotect",
    "user_unsuspend",
    "user_withheld",
    "warning",
  ])("has %s as its only field", (name) => {
    expect(isNotice({ [name]: {} })).toBe(true);
    expect(isNotice({ [name]: {}, text: "x" })).toBe(false);
  });

  it("is nothing else", () => {
    expect([{}, null, "limit", ["limit"], { limits: {} }, post()].map(isNotice)).toEqual(
      Array(6).fill(false),
    );
    expect(isStreamNotice(Buffer.from("{"))).toBe(false);
  });
});

describe("the attributes that differ", () => {
  it("are those that only one item has, and those of another value or type, in order", () => {
    expect(differingAttributes(ITEM, { ...ITEM })).toEqual([]);
    expect(differingAttributes(ITEM, { ...ITEM, Source: { S: "x" }, Lang: { S: "en" } })).toEqual([
      "Lang",
      "Source",
    ]);
    expect(differingAttributes({ ...ITEM, Message: { N: "1" }, Name: { S: "A" } }, ITEM)).toEqual([
      "Message",
      "Name",
    ]);
  });
});

describe("the second statement of the contract", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant("\ud83d"));
  const time = fc.oneof(
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.constantFrom("2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T23:59:60Z", "now"),
  );
  const event = fc.record(
    { id: text, username: text, name: text, text, createdAt: time, source: text, lang: text },
    { requiredKeys: [] },
  );

  const said = {
    text: fc.option(text),
    full_text: fc.option(text),
    extended_tweet: fc.option(fc.record({ full_text: text })),
    user: fc.record({ screen_name: text, name: fc.option(text) }, { requiredKeys: ["screen_name"] }),
  };
  const tweet = fc.record(
    {
      ...said,
      id: fc.oneof(fc.integer(), fc.double(), text),
      id_str: fc.option(text),
      created_at: fc.constantFrom("Sun Aug 31 00:29:15 +0000 2014", "2014"),
      retweeted_status: fc.option(fc.record(said, { requiredKeys: ["user"] })),
      lang: fc.option(text),
    },
    { requiredKeys: ["created_at", "user"] },
  );

  it("says the same as the first", async () => {
    await fc.assert(
      fc.property(
        fc.oneof(
          event,
          tweet,
          fc.json().map((json) => JSON.parse(json)),
        ),
        (value) => {
          const parsed = parseEvent(Buffer.from(JSON.stringify(value)));
          const item = parsed.ok ? eventItem(parsed.post) : undefined;
          const isStored = item !== undefined && brokenItemLimit(item) === undefined;
          const attributes = Object.entries(item ?? {}).map(([name, S]) => [name, { S }]);
          expect(expected(value)).toEqual(isStored ? Object.fromEntries(attributes) : undefined);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
