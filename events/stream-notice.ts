/**
 * What a v1.1 stream says besides tweets, such as `{"limit":{"track":1234}}`: how many tweets it held back, which ones
 * were deleted, why it ends. A notice is no event, and nothing is lost with it.
 * @see https://developer.x.com/en/docs/x-api/v1/tweets/filter-realtime/guides/streaming-message-types
 * @see https://developer.x.com/en/docs/tweets/compliance/guides/compliance-data-objects
 */
const STREAM_NOTICES = [
  ...["delete", "disconnect", "limit", "scrub_geo", "status_withheld", "user_withheld", "warning"],
  ...["drop", "undrop", "tweet_edit", "user_delete", "user_undelete", "user_protect", "user_unprotect"],
  ...["user_suspend", "user_unsuspend"],
];

/** The name of the notice that a value is, or `undefined` if it is none. A notice has that field and no other. */
export function streamNotice(value: object): string | undefined {
  const [name, ...others] = Object.keys(value);
  return others.length === 0 ? STREAM_NOTICES.find((notice) => notice === name) : undefined;
}
