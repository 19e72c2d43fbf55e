import * as v from "valibot";
import { Post } from "../../../events/post";
import type { JetstreamMessage } from "./jetstream-message";

/**
 * What is read of a record. Records are written by everybody's own software and nobody checks them on the way, so
 * whatever is not needed may be missing, or nonsense.
 * @see https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json
 */
const Record = v.object({
  text: v.string(),
  createdAt: v.fallback(v.optional(v.string()), undefined),
  langs: v.fallback(v.optional(v.array(v.string()), []), []),
});

export type PostResult =
  | { ok: true; post: Post; langs: readonly string[] }
  /** The field and the rule, without the content. */
  | { ok: false; detail: string };

/**
 * Makes an event of a post. Its `username` is the author's DID, which never changes: handles do, and are not part of
 * the stream, so that they would have to be asked for author by author.
 */
export function postOf({
  did,
  rkey,
  record,
  timeUs,
}: Extract<JetstreamMessage, { kind: "post" }>): PostResult {
  const parsed = v.safeParse(Record, record);
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
  if (post.success) return { ok: true, post: post.output, langs };
  const [issue] = post.issues;
  return { ok: false, detail: `${v.getDotPath(issue)}: ${issue.message}` };
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/**
 * The time at which the author's software says that the post was written, or, where that is no time, lies before the
 * epoch or after the post has arrived, the time at which it arrived. Bluesky sorts posts by the same rule.
 * @see https://docs.bsky.app/docs/advanced-guides/timestamps
 */
function timeOf(createdAt: string | undefined, timeUs: number): string {
  const arrived = Math.floor(timeUs / 1000);
  const written = createdAt !== undefined && TIME.test(createdAt) ? Date.parse(createdAt) : Number.NaN;
  return new Date(written >= 0 && written <= arrived ? written : arrived).toISOString();
}
