import { describe, expect, it } from "@jest/globals";
import { readPayload } from "../../../../producer/sources/x/payload";
import {
  OPERATIONAL_DISCONNECT,
  streamedPost,
  TOO_MANY_CONNECTIONS,
} from "../../../../test-servers/x-server";

function read(value: unknown) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return readPayload({ number: 1, bytes: Buffer.from(text), terminated: true });
}

function streamed(change: (payload: ReturnType<typeof JSON.parse>) => void) {
  const payload = JSON.parse(streamedPost({ id: "7", text: "short…" }));
  change(payload);
  return payload;
}

describe("a payload of X's stream", () => {
  it("is an event with its author, and the rules it matches", () => {
    expect(read(streamedPost({ id: "7", text: "Hi", username: "ada", ruleId: "9" }))).toEqual({
      kind: "post",
      post: {
        id: "7",
        username: "ada",
        name: "ADA",
        text: "Hi",
        createdAt: "2026-11-23T07:21:57.000Z",
        source: "x",
        lang: "en",
      },
      ruleIds: ["9"],
    });
  });

  it("has the whole text of a long post", () => {
    const payload = streamed(({ data }) => {
      data.note_tweet = { text: "the whole text" };
    });
    expect(read(payload)).toMatchObject({ post: { text: "the whole text" } });
  });

  it("is a post even with errors, as when a quoted post is gone", () => {
    const payload = streamed((value) => {
      value.errors = [{ title: "Not Found Error", detail: "Could not find tweet" }];
    });
    expect(read(payload)).toMatchObject({ kind: "post" });
  });

  it("is skipped when it is empty, which keeps the connection alive", () => {
    expect(read("\r")).toEqual({ kind: "skipped" });
  });

  it("is a problem of the stream, whether it has one error or a list", () => {
    expect(read(OPERATIONAL_DISCONNECT)).toMatchObject({
      kind: "problem",
      problem: { errors: [{ title: "operational-disconnect" }] },
    });
    expect(read(TOO_MANY_CONNECTIONS)).toMatchObject({
      kind: "problem",
      problem: { connection_issue: "TooManyConnections" },
    });
  });
});

describe("a line of X's stream that is no payload", () => {
  it.each([
    ["invalid-json", "the 4 bytes are not JSON", "oops"],
    ["invalid-event", "the event: must be Object", "7"],
    ["invalid-event", "data: is missing", { meta: {} }],
    ["invalid-event", "data.created_at: is missing", streamed(({ data }) => delete data.created_at)],
    [
      "invalid-event",
      "createdAt: must be an ISO 8601 time in UTC, such as 2026-11-23T07:21:57Z",
      streamed(({ data }) => {
        data.created_at = "today";
      }),
    ],
    [
      "invalid-event",
      "text: must not hold half of a surrogate pair",
      streamed(({ data }) => {
        data.text = "\ud83d";
      }),
    ],
    [
      "invalid-event",
      "includes.users: lacks the post's author",
      streamed(({ includes }) => {
        includes.users = [];
      }),
    ],
  ])("is rejected as %s with its bytes: %s", (reason, detail, value) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    expect(read(value)).toEqual({ kind: "rejected", reason, detail, bytes: [Buffer.from(text)] });
  });

  it("is rejected piece by piece when it is longer than a record may be", () => {
    const pieces = [Buffer.from("{")];
    expect(readPayload({ number: 1, pieces })).toMatchObject({
      kind: "rejected",
      reason: "line-too-long",
      bytes: pieces,
    });
  });
});
