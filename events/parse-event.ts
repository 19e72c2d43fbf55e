import * as v from "valibot";
import { decodeJson } from "./json";
import { LegacyTweet } from "./legacy-tweet";
import { Post } from "./post";
import { streamNotice } from "./stream-notice";

/** Why bytes are not an event. The reasons are part of the contract: set-aside records are grouped by them. */
export type InvalidReason = "invalid-utf8" | "invalid-json" | "invalid-event";

export type ParseResult =
  | { ok: true; post: Post }
  | { ok: false; reason: InvalidReason; detail: string }
  /** Neither a post nor a fault: a stream notice of this name, to be skipped and counted. */
  | { ok: false; notice: string };

/**
 * Parses a record's data: an event, or a raw Twitter v1.1 tweet, as UTF-8 JSON. Never throws. The detail of a failure
 * names the field and the rule, never the content, so it may be logged.
 */
export function parseEvent(bytes: Uint8Array): ParseResult {
  const decoded = decodeJson(bytes);
  if (!decoded.ok) return decoded;

  const { value } = decoded;
  const post = v.safeParse(isLegacyTweet(value) ? LegacyTweet : Post, value);
  if (post.success) return { ok: true, post: post.output };

  const notice = isObject(value) && streamNotice(value);
  return notice
    ? { ok: false, notice }
    : { ok: false, reason: "invalid-event", detail: brokenRule(post.issues[0]) };
}

/**
 * The field and the rule it breaks, without its value: a schema's own message would quote what it received, which may
 * be a post's text.
 */
export function brokenRule(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue) ?? "the event";
  if (issue.received === "undefined") return `${field}: is missing`;
  return `${field}: ${issue.kind === "schema" ? `must be ${issue.expected}` : issue.message}`;
}

/**
 * Only a v1.1 tweet has `id_str`, or `created_at` and `user`; only an event has `createdAt`. The format is decided
 * before anything is checked, so that errors are about the one that was meant.
 */
function isLegacyTweet(value: unknown): boolean {
  if (!isObject(value) || "createdAt" in value) return false;
  return "id_str" in value || ("created_at" in value && "user" in value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
