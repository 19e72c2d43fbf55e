import * as v from "valibot";

/**
 * The event on the stream: one post, as UTF-8 JSON.
 *
 * `username` (the author's handle) is the stream's partition key and the table's partition key; `id` is the
 * table's sort key. Writing the same `username` and `id` twice leaves one item.
 */
export const Post = v.object({
  id: nonEmptyText(),
  username: nonEmptyText(),
  name: v.optional(text()),
  text: text(),
  createdAt: v.pipe(
    v.string(),
    v.check(isUtcTimestamp, "must be an ISO 8601 time in UTC, such as 2026-11-23T07:21:57Z"),
  ),
  source: nonEmptyText(),
  lang: v.optional(text()),
});

export type Post = v.InferOutput<typeof Post>;

/**
 * Text that UTF-8 can express. JSON can escape half of a surrogate pair (`"\\ud83d"`, a post cut in the middle of an
 * emoji); DynamoDB stores UTF-8 only.
 * @see https://www.rfc-editor.org/rfc/rfc8259#section-8.2
 */
export function text() {
  return v.pipe(
    v.string(),
    v.check((value) => !/\p{Surrogate}/u.test(value), "must not hold half of a surrogate pair"),
  );
}

export function nonEmptyText() {
  return v.pipe(text(), v.nonEmpty("must not be empty"));
}

/**
 * `2026-11-23T07:21:57Z`, with or without a fraction of a second. `Date.parse` alone reads 30 February as 2 March, so
 * the time it reads must be the time that was written.
 */
function isUtcTimestamp(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(value)) return false;
  const time = Date.parse(value);
  return (
    !Number.isNaN(time) &&
    new Date(time).toISOString().startsWith(value.slice(0, "YYYY-MM-DDTHH:MM:SS".length))
  );
}
