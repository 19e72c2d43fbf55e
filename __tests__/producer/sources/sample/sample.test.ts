import { describe, expect, it } from "@jest/globals";
import { parseEvent } from "../../../../events/parse-event";
import type { Post } from "../../../../events/post";
import { SampleSource, sampleSource } from "../../../../producer/sources/sample/sample";
import { type Clock, systemClock } from "../../../../shared/clock";
import { VirtualClock } from "../../../support/virtual-clock";

const NOON = Date.UTC(2026, 10, 23, 12);

async function posts(seed: number, count: number, clock: Clock = new VirtualClock(NOON)): Promise<Post[]> {
  const taken: Post[] = [];
  for await (const item of new SampleSource(seed, clock).items(new AbortController().signal)) {
    if (item.kind === "post") taken.push(item.post);
    if (taken.length === count) break;
  }
  return taken;
}

describe("the sample source", () => {
  it("makes the same posts from the same seed", async () => {
    expect(await posts(42, 200)).toEqual(await posts(42, 200));
    const texts = (made: Post[]) => made.map(({ text }) => text);
    expect(texts(await posts(42, 200))).not.toEqual(texts(await posts(43, 200)));
  });

  it("never makes an id twice, in one run or in runs of other seeds", async () => {
    const ids = [...(await posts(1, 2000)), ...(await posts(2, 2000)), ...(await posts(11, 2000))].map(
      ({ id }) => id,
    );
    expect(new Set(ids).size).toBe(6000);
  });

  it("makes events that the contract accepts, and that arrive as they were made", async () => {
    for (const post of await posts(7, 1000))
      expect(parseEvent(Buffer.from(JSON.stringify(post)))).toEqual({ ok: true, post });
  });

  it("dates a post when it is requested", async () => {
    let now = NOON;
    const made = await posts(1, 2, {
      ...systemClock,
      now() {
        now += 1000;
        return now;
      },
    });
    expect(made.map(({ createdAt }) => createdAt)).toEqual([
      "2026-11-23T12:00:01.000Z",
      "2026-11-23T12:00:02.000Z",
    ]);
  });

  it("ends when it is stopped", async () => {
    const stop = new AbortController();
    let count = 0;
    for await (const _ of new SampleSource(1).items(stop.signal)) if (++count === 3) stop.abort();
    expect(count).toBe(3);
  });

  it("takes a seed of its own where none is given", async () => {
    const [one, other] = await Promise.all([sampleSource.create({}), sampleSource.create({})]);
    expect(one.description).not.toBe(other.description);
  });
});

describe("sample posts", () => {
  it("are written in many scripts, with emoji of several code points", async () => {
    const text = (await posts(1, 5000)).map((post) => post.text).join("");
    for (const script of [
      "Latin",
      "Hiragana",
      "Han",
      "Hangul",
      "Arabic",
      "Hebrew",
      "Devanagari",
      "Thai",
      "Greek",
      "Cyrillic",
    ])
      expect(text).toMatch(new RegExp(`\\p{Script=${script}}`, "u"));
    for (const emoji of ["👨‍👩‍👧‍👦", "🇯🇵", "👍🏽"]) expect(text).toContain(emoji);
  });

  it("come from few authors who write much and many who write little", async () => {
    const counts = new Map<string, number>();
    for (const { username } of await posts(1, 10_000)) counts.set(username, (counts.get(username) ?? 0) + 1);
    const sorted = [...counts.values()].sort((a, b) => b - a);
    const topTen = sorted.slice(0, 10).reduce((sum, count) => sum + count, 0);
    expect(counts.size).toBeGreaterThan(1000);
    expect(topTen).toBeGreaterThan(2000);
    expect(topTen).toBeLessThan(5000);
  });

  it("have an author's name and language the same every time", async () => {
    const names = new Map<string, string>();
    for (const { username, name, lang } of await posts(1, 5000)) {
      expect(names.get(username) ?? `${name} ${lang}`).toBe(`${name} ${lang}`);
      names.set(username, `${name} ${lang}`);
    }
  });
});
