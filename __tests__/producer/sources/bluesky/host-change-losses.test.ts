import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { blueskyPost } from "../../../../test-servers/jetstream-messages";
import {
  type JetstreamServer,
  sendAndClose,
  startJetstreamServer,
} from "../../../../test-servers/jetstream-server";
import { cursorAt, useBluesky } from "../../../support/bluesky";
import { until } from "../../../support/moment";

const bluesky = useBluesky();
let other: JetstreamServer;
beforeEach(async () => {
  other = await startJetstreamServer();
});
afterEach(async () => {
  bluesky.stop.abort();
  await other.stop();
});

/** So many posts, a second apart, as a host delivers them that lags behind by some seconds. */
function posts(count: number, lagSeconds = 0) {
  return Array.from({ length: count }, (_, index) =>
    blueskyPost(index + 1 + lagSeconds, {}, `post-${index + 1}`),
  );
}

/** Reads from the first server until it breaks off, then from the other. */
function readBoth() {
  return bluesky.read({ endpoints: [bluesky.server.url, other.url] });
}

describe("a change to another Jetstream host", () => {
  it("loses none of 70 posts when the first host lagged by a minute", async () => {
    bluesky.server.inject(sendAndClose(...posts(10, 60)));
    other.publish(...posts(70));
    const { ids, notes } = readBoth();
    await until(() => ids().includes("post-70"));
    expect([...new Set(ids())]).toEqual(posts(70).map((_, index) => `post-${index + 1}`));
    expect(other.subscriptions.map(({ parameters }) => parameters.get("cursor"))).toEqual([
      cursorAt(70 - 300),
    ]);
    expect(notes.slice(1)).toEqual(["Bluesky: receiving again"]);
  });

  it("loses none, and reports no gap, when the other host lags by a minute", async () => {
    bluesky.server.inject(sendAndClose(...posts(70)));
    other.publish(...posts(80, 60));
    const { ids, notes } = readBoth();
    await until(() => ids().includes("post-80"));
    expect([...new Set(ids())]).toEqual(posts(80).map((_, index) => `post-${index + 1}`));
    expect(notes.slice(1)).toEqual(["Bluesky: receiving again"]);
  });

  it("reports the gap when the first host lagged by more than the overlap", async () => {
    bluesky.server.inject(sendAndClose(...posts(10, 400)));
    other.publish(...posts(420));
    const { ids, notes } = readBoth();
    await until(() => ids().includes("post-420"));
    expect(ids()).not.toContain("post-109");
    expect(notes.slice(1)).toEqual([
      "Bluesky: receiving again",
      `Bluesky: posts before 2026-11-23T08:06:51.000Z may be missing: ${other.url.host} delivered none of the last ones seen elsewhere`,
    ]);
  });

  it("begins minutes earlier, too, after a checkpoint, which does not name its host", async () => {
    const { connected } = bluesky.read(
      { endpoints: [bluesky.server.url, other.url] },
      Number(cursorAt(1000)),
    );
    await connected(1);
    expect(bluesky.cursors()).toEqual([cursorAt(700)]);
  });
});
