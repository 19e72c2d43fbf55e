import * as v from "valibot";
import { parseJson } from "../../../events/json";
import { brokenRule } from "../../../events/parse-event";
import { POST_COLLECTION } from "./endpoint";

/** What a message of Jetstream says. */
export type JetstreamMessage =
  /** An author created a post. The record is as they wrote it, and not checked yet. */
  | { kind: "post"; timeUs: number; did: string; rkey: string; record: unknown }
  /** Something else happened. The service also sends notices, which have no time. */
  | { kind: "other"; timeUs?: number }
  /** The service is about to close the connection. */
  | { kind: "error"; reason: string }
  | { kind: "unreadable"; reason: "invalid-json" | "invalid-event"; detail: string };

const Microseconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const Commit = v.object({
  operation: v.string(),
  collection: v.string(),
  rkey: v.string(),
  record: v.optional(v.unknown()),
});

/** @see https://github.com/bluesky-social/jetstream-legacy#consuming-jetstream */
const Version1 = v.object({
  did: v.string(),
  time_us: Microseconds,
  kind: v.string(),
  commit: v.optional(Commit),
});

/** `2026-11-23T07:21:57.329308Z`: a time in UTC with six digits after the point. */
const MicrosecondTime = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
  v.transform((time) => Date.parse(time) * 1000 + Number(time.slice(-4, -1))),
  Microseconds,
);

const EventType = "network.bsky.jetstream.subscribeEvents#";
const Version2Event = { did: v.string(), time: MicrosecondTime, witnessedAt: v.optional(MicrosecondTime) };

/**
 * An error has no payload; a notice has a payload without a time.
 * @see https://github.com/bluesky-social/jetstream/blob/main/lexicons/network/bsky/jetstream/subscribeEvents.json
 */
const Version2 = v.union([
  v.object({ $type: v.literal("error"), error: v.string(), message: v.optional(v.string()) }),
  v.object({
    payload: v.variant("$type", [
      v.object({ $type: v.literal(`${EventType}commit`), ...Version2Event, ...Commit.entries }),
      v.object({ $type: v.picklist(["identity", "account", "sync"].map(typed)), ...Version2Event }),
      v.object({ $type: v.literal(`${EventType}info`), name: v.string() }),
    ]),
  }),
]);

function typed(name: string): string {
  return `${EventType}${name}`;
}

/** Reads a message of either version of the service. Never throws; details name the rule, never the content. */
export function parseMessage(data: string): JetstreamMessage {
  const value = parseJson(data);
  if (value === undefined)
    return { kind: "unreadable", reason: "invalid-json", detail: "the message is not JSON" };
  const isVersion2 = typeof value === "object" && value !== null && "$type" in value;
  return isVersion2 ? fromVersion2(value) : fromVersion1(value);
}

function fromVersion1(value: unknown): JetstreamMessage {
  const parsed = v.safeParse(Version1, value);
  if (!parsed.success) return unreadable(parsed.issues[0]);
  const { did, time_us: timeUs, commit } = parsed.output;
  return commit ? fromCommit(did, timeUs, commit) : { kind: "other", timeUs };
}

function fromVersion2(value: unknown): JetstreamMessage {
  const parsed = v.safeParse(Version2, value);
  if (!parsed.success) return unreadable(parsed.issues[0]);
  if ("error" in parsed.output) {
    const { error, message } = parsed.output;
    return { kind: "error", reason: message === undefined ? error : `${error}: ${message}` };
  }
  const { payload } = parsed.output;
  if (!("did" in payload)) return { kind: "other" };
  // A cursor refers to the time at which the service witnessed the event; `time` may come from an import.
  const timeUs = payload.witnessedAt ?? payload.time;
  return "operation" in payload ? fromCommit(payload.did, timeUs, payload) : { kind: "other", timeUs };
}

function fromCommit(did: string, timeUs: number, commit: v.InferOutput<typeof Commit>): JetstreamMessage {
  const { operation, collection, rkey, record } = commit;
  return operation === "create" && collection === POST_COLLECTION
    ? { kind: "post", timeUs, did, rkey, record }
    : { kind: "other", timeUs };
}

function unreadable(issue: v.BaseIssue<unknown>): JetstreamMessage {
  return { kind: "unreadable", reason: "invalid-event", detail: brokenRule(issue) };
}
