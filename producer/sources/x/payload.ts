import * as v from "valibot";
import { decodeJson } from "../../../events/json";
import { brokenRule } from "../../../events/parse-event";
import { Post } from "../../../events/post";
import { MAX_RECORD_BYTES } from "../../../kinesis-writer/stream-record";
import type { Line, LongLine, Pieces } from "../../../shared/lines";
import type { SourceItem } from "../source";
import { Problem } from "./x-problem";

/** What X's stream delivers, with the rules that a post matches, if they are known. */
export type StreamedItem = Extract<SourceItem, { kind: "post" | "rejected" | "skipped" }> & {
  ruleIds?: readonly string[];
};

/** What a line of the stream holds. */
export type Payload =
  | StreamedItem
  /** X says why it is about to close the connection. */
  | { kind: "problem"; problem: Problem };

/** The query that makes X deliver each post with everything an event needs. */
export const STREAM_QUERY = {
  expansions: "author_id",
  "tweet.fields": "created_at,lang,note_tweet",
  "user.fields": "username,name",
};

/**
 * A post as the stream delivers it with the fields of `STREAM_QUERY`; the event's own schema checks the rest.
 * @see https://docs.x.com/x-api/stream/stream-filtered-posts
 */
const StreamedPost = v.object({
  data: v.object({
    id: v.string(),
    text: v.string(),
    /** The whole text of a post of more than 280 characters, of which `text` is the beginning. */
    note_tweet: v.optional(v.object({ text: v.string() })),
    author_id: v.string(),
    created_at: v.string(),
    lang: v.optional(v.string()),
  }),
  includes: v.object({
    users: v.array(v.object({ id: v.string(), username: v.string(), name: v.optional(v.string()) })),
  }),
  matching_rules: v.optional(v.array(v.object({ id: v.string() }))),
});

const CARRIAGE_RETURN = 0x0d;

/** Reads a line of the stream. Never throws. The detail of a rejected line names the field and the rule, never the content. */
export function readPayload(line: Line | LongLine): Payload {
  if ("pieces" in line)
    return rejected(
      "line-too-long",
      `it is longer than ${MAX_RECORD_BYTES} bytes, the most a record holds`,
      line.pieces,
    );

  // X sends an empty line so that a quiet connection is not taken for a broken one.
  if (line.bytes.every((byte) => byte === CARRIAGE_RETURN)) return { kind: "skipped" };

  const decoded = decodeJson(line.bytes);
  if (!decoded.ok) return rejected(decoded.reason, decoded.detail, [line.bytes]);
  return problemPayload(decoded.value) ?? streamedPost(decoded.value, line.bytes);
}

/** A post can come with errors too, for instance when a post it quotes is gone; unlike a problem, it has data. */
function problemPayload(value: unknown): Payload | undefined {
  if (typeof value !== "object" || value === null || "data" in value) return undefined;
  if (!("errors" in value || "title" in value)) return undefined;
  const problem = v.safeParse(Problem, value);
  return problem.success ? { kind: "problem", problem: problem.output } : undefined;
}

function streamedPost(value: unknown, bytes: Uint8Array): StreamedItem {
  const streamed = v.safeParse(StreamedPost, value);
  if (!streamed.success) return rejected("invalid-event", brokenRule(streamed.issues[0]), [bytes]);

  const { data, includes, matching_rules: rules } = streamed.output;
  const author = includes.users.find(({ id }) => id === data.author_id);
  if (!author) return rejected("invalid-event", "includes.users: lacks the post's author", [bytes]);

  const post = v.safeParse(Post, {
    id: data.id,
    username: author.username,
    ...(author.name !== undefined && { name: author.name }),
    text: data.note_tweet?.text ?? data.text,
    createdAt: data.created_at,
    source: "x",
    ...(data.lang !== undefined && { lang: data.lang }),
  });
  if (!post.success) return rejected("invalid-event", brokenRule(post.issues[0]), [bytes]);
  return { kind: "post", post: post.output, ...(rules && { ruleIds: rules.map(({ id }) => id) }) };
}

function rejected(reason: string, detail: string, bytes: Pieces): StreamedItem {
  return { kind: "rejected", reason, detail, bytes };
}
