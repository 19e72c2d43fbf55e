import * as v from "valibot";
import type { Post } from "./post";

/**
 * A tweet as Twitter's v1.1 API delivered it. This checks only what it takes to make an event, whose own schema checks
 * the rest. The other sixty or so fields are ignored.
 * @see https://developer.x.com/en/docs/x-api/v1/data-dictionary/object-model/tweet
 */
export const LegacyTweet = v.object({
  id_str: v.string(),
  created_at: v.pipe(v.string(), v.check(isTime, "must be a time such as Sun Aug 31 00:29:15 +0000 2014")),
  text: v.string(),
  extended_tweet: v.nullish(v.object({ full_text: v.string() })),
  user: v.object({
    screen_name: v.string(),
    name: v.nullish(v.string()),
  }),
  lang: v.nullish(v.string()),
});

export type LegacyTweet = v.InferOutput<typeof LegacyTweet>;

/** Turns a v1.1 tweet into an event; the full text of a truncated tweet is in `extended_tweet`. */
export function postFromLegacyTweet(tweet: LegacyTweet): Post {
  return {
    id: tweet.id_str,
    username: tweet.user.screen_name,
    ...(tweet.user.name && { name: tweet.user.name }),
    text: tweet.extended_tweet?.full_text ?? tweet.text,
    createdAt: new Date(tweet.created_at).toISOString(),
    source: "twitter",
    ...(tweet.lang && { lang: tweet.lang }),
  };
}

/** `Sun Aug 31 00:29:15 +0000 2014`. `Date.parse` alone accepts almost any text that holds a number. */
function isTime(value: string): boolean {
  const form = /^\w{3} \w{3} \d{2} \d{2}:\d{2}:\d{2} [+-]\d{4} \d{4}$/;
  return form.test(value) && !Number.isNaN(Date.parse(value));
}
