import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";

// A second statement of the contract between producer and table, written independently of events/: the function is made
// of events/, so a mistake there would be in the function and in its proof alike. See docs/architecture.md for the contract.

/** An item's attributes, as DynamoDB returns them. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** What an item is made from. */
export interface ItemSource {
  /** The bytes of the record, or of the one user record in an aggregate. */
  data: Uint8Array;
  /** When Kinesis received the record, in milliseconds since the epoch. */
  arrivedMs: number;
}

/**
 * The whole item that must be in the table for a record.
 * @param timeToLiveDays days from the record's arrival until its item expires; 0 means never
 * @returns undefined if the record can never be an item: it is no event, or its item is over DynamoDB's limits
 */
export function expectedItem(
  { data, arrivedMs }: ItemSource,
  timeToLiveDays: number,
): Attributes | undefined {
  const event = v.safeParse(Event, fieldsOf(jsonOf(data)));
  if (!event.success) return undefined;

  const { username, id, createdAt, text, name, source, lang } = event.output;
  const texts = {
    Username: username,
    Id: id,
    Timestamp: createdAt,
    Message: text,
    Name: name,
    Source: source,
    Lang: lang,
  };
  const item: Record<string, AttributeValue> = {};
  for (const [attribute, value] of Object.entries(texts)) {
    if (value !== undefined) item[attribute] = { S: value };
  }
  if (timeToLiveDays > 0)
    item.ExpiresAt = { N: String(Math.floor(arrivedMs / 1000) + timeToLiveDays * 86_400) };
  return isWithinLimits(item) ? item : undefined;
}

/** The names of the attributes that are not the same in two items. */
export function differingAttributes(one: Attributes, other: Attributes): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name])).sort();
}

/** UTF-8 cannot express half of a surrogate pair: it would come back as a replacement character. */
const Text = v.pipe(
  v.string(),
  v.check((text) => Buffer.from(text).toString() === text),
);
const Name = v.pipe(Text, v.minLength(1));

const Event = v.object({
  id: Name,
  username: Name,
  name: v.optional(Text),
  text: Text,
  createdAt: v.pipe(v.string(), v.check(isUtcTime)),
  source: Name,
  lang: v.optional(Text),
});

/** Whether it is an ISO 8601 time in UTC, to the second or finer, on a day that exists. */
function isUtcTime(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z$/.test(text)) return false;
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString().slice(0, 19) === text.slice(0, 19);
}

/** The JSON that bytes of UTF-8 hold; undefined if they hold none. */
function jsonOf(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch {
    return undefined;
  }
}

/**
 * Whether it is not a post, but what a v1.1 stream says besides tweets, such as `{"limit":{"track":1}}`: it is skipped.
 * @see https://developer.x.com/en/docs/x-api/v1/tweets/filter-realtime/guides/streaming-message-types
 */
export function isStreamNotice(data: Uint8Array): boolean {
  const value = jsonOf(data);
  if (!isObject(value)) return false;
  const [name, ...others] = Object.keys(value);
  return name !== undefined && others.length === 0 && NOTICES.has(name);
}

const NOTICES = new Set([
  "delete",
  "disconnect",
  "drop",
  "limit",
  "scrub_geo",
  "status_withheld",
  "tweet_edit",
  "undrop",
  "user_delete",
  "user_protect",
  "user_suspend",
  "user_undelete",
  "user_unprotect",
  "user_unsuspend",
  "user_withheld",
  "warning",
]);

/** A v1.1 tweet's fields under an event's names; any other value as it is. */
function fieldsOf(value: unknown): unknown {
  if (!isObject(value) || "createdAt" in value) return value;
  if (!("id_str" in value) && !("created_at" in value && "user" in value)) return value;
  const parsed = v.safeParse(Tweet, value);
  if (!parsed.success) return undefined;

  const { id, id_str, created_at, user, retweeted_status, lang } = parsed.output;
  const retweeted = retweeted_status && wholeText(retweeted_status);
  return {
    id: id_str ?? (Number.isSafeInteger(id) ? String(id) : undefined),
    username: user.screen_name,
    name: user.name || undefined,
    text:
      typeof retweeted === "string"
        ? `RT @${retweeted_status?.user.screen_name}: ${retweeted}`
        : wholeText(parsed.output),
    createdAt: new Date(created_at).toISOString(),
    source: "twitter",
    lang: lang || undefined,
  };
}

/** `text` is cut where one of the others is present. */
function wholeText({
  text,
  full_text,
  extended_tweet,
}: v.InferOutput<typeof Said>): string | null | undefined {
  return extended_tweet?.full_text ?? full_text ?? text;
}

/** Who said what in a tweet. */
const Said = v.object({
  text: v.nullish(Text),
  full_text: v.nullish(Text),
  extended_tweet: v.nullish(v.object({ full_text: Text })),
  user: v.object({ screen_name: Name, name: v.nullish(Text) }),
});

/** @see https://developer.x.com/en/docs/x-api/v1/data-dictionary/object-model/tweet */
const Tweet = v.object({
  ...Said.entries,
  id: v.optional(v.unknown()),
  id_str: v.nullish(Name),
  created_at: v.pipe(
    v.string(),
    v.regex(/^\w{3} \w{3} \d\d \d\d:\d\d:\d\d [+-]\d{4} \d{4}$/),
    v.check((time) => Date.parse(time) < Date.UTC(10_000, 0)),
  ),
  retweeted_status: v.nullish(Said),
  lang: v.nullish(Text),
});

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/**
 * DynamoDB's limits in bytes: 2,048 for the partition key, 1,024 for the sort key, 400 KB for the names and values of an
 * item, of which a number takes at most 21.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
function isWithinLimits(item: Attributes): boolean {
  const bytesOf = (attribute: string) => Buffer.byteLength(item[attribute]?.S ?? "x".repeat(21));
  const names = Object.keys(item);
  const size = names.reduce((sum, name) => sum + Buffer.byteLength(name) + bytesOf(name), 0);
  return bytesOf("Username") <= 2_048 && bytesOf("Id") <= 1_024 && size <= 409_600;
}
