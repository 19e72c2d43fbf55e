import * as v from "valibot";

/**
 * The event on the stream: one post, as UTF-8 JSON.
 *
 * `username` (the author's handle) is the stream's partition key and the table's partition key; `id` is the
 * table's sort key. Writing the same `username` and `id` twice leaves one item.
 */
export const Post = v.object({
  id: v.pipe(v.string(), v.nonEmpty("must not be empty")),
  username: v.pipe(v.string(), v.nonEmpty("must not be empty")),
  name: v.optional(v.string()),
  text: v.string(),
  createdAt: v.pipe(
    v.string(),
    v.check(
      (value) => isUtcTimestamp(value),
      "must be an ISO 8601 time in UTC, such as 2026-11-23T07:21:57Z",
    ),
  ),
  source: v.pipe(v.string(), v.nonEmpty("must not be empty")),
  lang: v.optional(v.string()),
});

export type Post = v.InferOutput<typeof Post>;

/** `2026-11-23T07:21:57Z`, with or without a fraction of a second, and a time that exists. */
function isUtcTimestamp(value: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(value) && !Number.isNaN(Date.parse(value));
}
