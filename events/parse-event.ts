import { isUtf8 } from "node:buffer";
import * as v from "valibot";
import { LegacyTweet, postFromLegacyTweet } from "./legacy-tweet";
import { Post } from "./post";

/** Why bytes are not an event. The reasons are part of the contract: set-aside records are grouped by them. */
export type InvalidReason = "invalid-utf8" | "invalid-json" | "invalid-event";

export type ParseResult = { ok: true; post: Post } | { ok: false; reason: InvalidReason; detail: string };

/**
 * Parses what a record carries: an event, or a raw Twitter v1.1 tweet, as UTF-8 JSON. Never throws; the detail of
 * a failure names the field and the rule, never the content, so that it may be logged.
 */
export function parseEvent(bytes: Uint8Array): ParseResult {
  if (!isUtf8(bytes)) return invalid("invalid-utf8", "the bytes are not valid UTF-8");

  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  } catch {
    return invalid("invalid-json", `the ${bytes.byteLength} bytes are not JSON`);
  }

  if (isLegacyTweet(value)) {
    const tweet = v.safeParse(LegacyTweet, value);
    return tweet.success
      ? { ok: true, post: postFromLegacyTweet(tweet.output) }
      : invalidEvent(tweet.issues[0]);
  }
  const post = v.safeParse(Post, value);
  return post.success ? { ok: true, post: post.output } : invalidEvent(post.issues[0]);
}

/** Only v1.1 tweets have `id_str`. Telling the two apart first gives an error about the format that was meant. */
function isLegacyTweet(value: unknown): boolean {
  return typeof value === "object" && value !== null && "id_str" in value;
}

function invalidEvent(issue: v.BaseIssue<unknown>): ParseResult {
  return invalid("invalid-event", `${v.getDotPath(issue) ?? "the event"}: ${brokenRule(issue)}`);
}

/** The rule without the value: a schema's own message would quote what it received, which may be a post's text. */
function brokenRule(issue: v.BaseIssue<unknown>): string {
  if (issue.received === "undefined") return "is missing";
  return issue.kind === "schema" ? `must be ${issue.expected}` : issue.message;
}

function invalid(reason: InvalidReason, detail: string): ParseResult {
  return { ok: false, reason, detail };
}
