import * as v from "valibot";
import { nonEmptyText, Post, text } from "./post";

const Retweeted = v.object({
  user: v.object({ screen_name: nonEmptyText(), name: v.nullish(text()) }),
  /** Cut off if the whole text is in one of the other two. */
  text: v.nullish(text()),
  full_text: v.nullish(text()),
  extended_tweet: v.nullish(v.object({ full_text: text() })),
});

/**
 * A tweet as Twitter's v1.1 API delivered it, turned into an event. This checks what an event needs, under the names
 * that a tweet has for it. The other sixty or so fields are ignored.
 * @see https://developer.x.com/en/docs/x-api/v1/data-dictionary/object-model/tweet
 */
export const LegacyTweet = v.pipe(
  v.object({
    ...Retweeted.entries,
    id_str: v.nullish(nonEmptyText()),
    id: v.optional(v.unknown()),
    created_at: v.pipe(v.string(), v.check(isTime, "must be a time such as Sun Aug 31 00:29:15 +0000 2014")),
    retweeted_status: v.nullish(Retweeted),
    lang: v.nullish(text()),
  }),
  v.forward(
    // JSON.parse rounds larger numbers: the result is the ID of another tweet.
    v.check(
      ({ id_str, id }) => typeof id_str === "string" || Number.isSafeInteger(id),
      "is missing, and id is not an integer that JSON.parse keeps exact",
    ),
    ["id_str"],
  ),
  v.transform(({ id_str, id, created_at, user, retweeted_status: retweeted, lang, ...texts }): unknown => ({
    id: id_str ?? String(id),
    username: user.screen_name,
    ...(user.name && { name: user.name }),
    text: textOf(texts, retweeted),
    createdAt: new Date(created_at).toISOString(),
    source: "twitter",
    ...(lang && { lang }),
  })),
  Post,
);

type Retweeted = v.InferOutput<typeof Retweeted>;

/** The whole text. A retweet's own has room only for the beginning of what it retweets. */
function textOf(tweet: Omit<Retweeted, "user">, retweeted?: Retweeted | null): string | null | undefined {
  const retweetedText = retweeted && textOf(retweeted);
  if (typeof retweetedText === "string") return `RT @${retweeted?.user.screen_name}: ${retweetedText}`;
  return tweet.extended_tweet?.full_text ?? tweet.full_text ?? tweet.text;
}

/** `Sun Aug 31 00:29:15 +0000 2014`. `Date.parse` alone takes almost any text with a number; an event's year has 4 digits. */
function isTime(value: string): boolean {
  const form = /^\w{3} \w{3} \d{2} \d{2}:\d{2}:\d{2} [+-]\d{4} \d{4}$/;
  return form.test(value) && Date.parse(value) < Date.UTC(10_000, 0);
}
