import { describe, expect, it } from "@jest/globals";
import { eventRecord, rawRecord } from "../../producer/record";
import { post } from "../support/posts";

const keyOf = (username: string) => eventRecord(post({ username })).partitionKey;

describe("the partition key of an event", () => {
  it.each([
    ["256 letters", "a".repeat(256)],
    ["256 emoji, which are 512 units of UTF-16", "🦋".repeat(256)],
  ])("is the author: %s", (_, username) => {
    expect(keyOf(username)).toBe(username);
  });

  it.each([
    ["257 letters", "a".repeat(257)],
    ["257 emoji", "🦋".repeat(257)],
    ["half a character", "ada\ud83e"],
  ])("is the author's hash where Kinesis does not take the author: %s", (_, username) => {
    expect(keyOf(username)).toMatch(/^[0-9a-f]{32}$/);
    expect(keyOf(username)).toBe(keyOf(username));
    expect(keyOf(username)).not.toBe(keyOf(`${username}a`));
  });
});

it("an event's data is its JSON", () => {
  expect(JSON.parse(eventRecord(post({ id: "7" })).data.toString())).toEqual(post({ id: "7" }));
});

it("a line put as it is has the hash of its bytes as its partition key", () => {
  expect(rawRecord(Buffer.from("abc"))).toEqual({
    partitionKey: "ba7816bf8f01cfea414140de5dae2223",
    data: Buffer.from("abc"),
  });
});
