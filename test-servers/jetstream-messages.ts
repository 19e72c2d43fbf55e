/** A message and its time, in the formats of both versions of the service. */
export interface Message {
  timeUs: number;
  version1: unknown;
  version2: unknown;
}

const LEXICON = "network.bsky.jetstream.subscribeEvents";

/** The notice of version 2 that the cursor is earlier than all that it still has. */
export const OUTDATED_CURSOR = {
  $type: "message",
  payload: { $type: `${LEXICON}#info`, name: "OutdatedCursor", message: "resumed from seq 1" },
};

/** 2026-11-23T08:00:00Z, in microseconds. */
export const EIGHT_US = Date.parse("2026-11-23T08:00:00Z") * 1000;

/** A post, `seconds` after `EIGHT_US`. */
export function blueskyPost(
  seconds: number,
  record: Record<string, unknown> = {},
  rkey = `post-${seconds}`,
): Message {
  return commit(seconds, {
    operation: "create",
    collection: "app.bsky.feed.post",
    rkey,
    record: { $type: "app.bsky.feed.post", text: `Hello ${seconds}`, createdAt: isoTime(seconds), ...record },
  });
}

/** A commit, which creates, updates or deletes a record of an author, `seconds` after `EIGHT_US`. */
export function commit(seconds: number, content: Record<string, unknown>): Message {
  const timeUs = EIGHT_US + Math.round(seconds * 1e6);
  const did = "did:plc:ada";
  const time = `${new Date(Math.floor(timeUs / 1000)).toISOString().slice(0, -1)}${String(timeUs % 1000).padStart(3, "0")}Z`;
  const rev = "3l3qo2vutsw2b";
  return {
    timeUs,
    version1: { did, time_us: timeUs, kind: "commit", commit: { rev, ...content } },
    version2: {
      $type: "message",
      payload: {
        $type: `${LEXICON}#commit`,
        seq: timeUs % 1e12,
        did,
        time,
        witnessedAt: time,
        rev,
        ...content,
      },
    },
  };
}

/** An author's change of handle, `seconds` after `EIGHT_US`. */
export function handleChange(seconds: number): Message {
  const { timeUs, version2 } = commit(seconds, {});
  const { did, time, witnessedAt, seq } = (version2 as { payload: Record<string, unknown> }).payload;
  const identity = { did, handle: "ada.example.com", seq: 1, time };
  return {
    timeUs,
    version1: { did, time_us: timeUs, kind: "identity", identity },
    version2: {
      $type: "message",
      payload: { $type: `${LEXICON}#identity`, seq, did, time, witnessedAt, identity },
    },
  };
}

function isoTime(seconds: number): string {
  return new Date(EIGHT_US / 1000 + seconds * 1000).toISOString();
}
