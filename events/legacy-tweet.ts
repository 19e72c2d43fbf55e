import * as v from "valibot";
import type { Post } from "./post";

/**
 * A tweet as Twitter's v1.1 API delivered it. Only what the event needs is checked; the other sixty-odd fields
 * are ignored.
 * @see https://developer.x.com/en/docs/x-api/v1/data-dictionary/object-model/tweet
 */
export const LegacyTweet = v.object({
  id_str: v.pipe(v.string(), v.nonEmpty("must not be empty")),
  created_at: v.pipe(
    v.string(),
    v.check(
      (value) => !Number.isNaN(Date.parse(value)),
      "must be a time such as Sun Aug 31 00:29:15 +0000 2014",
    ),
  ),
  text: v.string(),
  extended_tweet: v.optional(v.object({ full_text: v.string() })),
  user: v.object({
    screen_name: v.pipe(v.string(), v.nonEmpty("must not be empty")),
    name: v.optional(v.string()),
  }),
  lang: v.nullish(v.string()),
});

export type LegacyTweet = v.InferOutput<typeof LegacyTweet>;

/** Turns a v1.1 tweet into the event; a truncated tweet's full text is taken from `extended_tweet`. */
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
