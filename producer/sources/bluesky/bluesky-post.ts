import * as v from "valibot";
import { brokenRule } from "../../../events/parse-event";
import { Post } from "../../../events/post";
import type { JetstreamMessage } from "./jetstream-message";

/**
 * The fields of a record that are read. Any software may write records and nothing checks them on the way, so a field
 * that is not needed may be missing or malformed.
 * @see https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json
 */
const PostRecord = v.object({
  text: v.string(),
  createdAt: v.fallback(v.optional(v.string()), undefined),
  langs: v.fallback(v.optional(v.array(v.string()), []), []),
});

export type PostResult =
  | { ok: true; post: Post; langs: readonly string[] }
  /** The field and the rule, without the content. */
  | { ok: false; detail: string };

/**
 * Makes an event of a post. Its `username` is the author's DID, which never changes. Handles do, and the stream does
 * not carry them: each one would have to be looked up.
 */
export function postOf({
  did,
  rkey,
  record,
  timeUs,
}: Extract<JetstreamMessage, { kind: "post" }>): PostResult {
  const parsed = v.safeParse(PostRecord, record);
  if (!parsed.success) return { ok: false, detail: "the record has no text" };
  const { text, createdAt, langs } = parsed.output;
  const post = v.safeParse(Post, {
    id: rkey,
    username: did,
    text,
    createdAt: timeOf(createdAt, timeUs),
    source: "bluesky",
    ...(langs[0] !== undefined && { lang: langs[0] }),
  });
  return post.success
    ? { ok: true, post: post.output, langs }
    : { ok: false, detail: brokenRule(post.issues[0]) };
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/**
 * The time at which the post was written, according to the author's software. If that is not a time, or is before the
 * epoch or after the post's arrival, it is the time of arrival. Bluesky sorts posts by the same rule.
 * @see https://docs.bsky.app/docs/advanced-guides/timestamps
 */
function timeOf(createdAt: string | undefined, timeUs: number): string {
  const arrived = Math.floor(timeUs / 1000);
  const written = createdAt !== undefined && TIME.test(createdAt) ? Date.parse(createdAt) : Number.NaN;
  return new Date(written >= 0 && written <= arrived ? written : arrived).toISOString();
}
