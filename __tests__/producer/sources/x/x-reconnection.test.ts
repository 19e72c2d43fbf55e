import { describe, expect, it } from "@jest/globals";
import {
  answering,
  BEARER_TOKEN,
  breakingOff,
  closing,
  delivering,
  OPERATIONAL_DISCONNECT,
  saysNothing,
  streamedPost,
  TOO_MANY_CONNECTIONS,
} from "../../../../test-servers/x-server";
import { until } from "../../../support/moment";
import { useXStream } from "../../../support/x-stream";

const fixture = useXStream();

describe("X's filtered stream connects again", () => {
  it("at once after a connection that delivered is broken, and reports the gap", async () => {
    const half = streamedPost({ text: "half" }).slice(0, 40);
    fixture.x.behave(
      breakingOff(streamedPost({ text: "one" }), half),
      delivering(streamedPost({ text: "two" })),
    );
    const result = fixture.read();
    await until(() => result.notices.length === 1);
    // The rest of the second that must pass between the beginnings of two connections.
    expect(await fixture.delays(1)).toEqual([1000]);
    await until(() => result.texts.length === 2);
    expect(result).toMatchObject({ texts: ["one", "two"], rejected: [] });
    expect(result.notices).toEqual([
      "X: the connection was broken; connecting again in 1 s",
      "X: receiving again; posts from 2026-11-23T08:00:00.000Z to 2026-11-23T08:00:01.000Z may be missing (1 s)",
    ]);
  });

  it("when nothing has come for 30 seconds, not even a keep-alive", async () => {
    fixture.x.behave(delivering("\r\n"), delivering(streamedPost()));
    const result = fixture.read();
    await until(() => result.keepAlives === 1);
    await fixture.clock.advance(10_000);
    for (const stream of fixture.x.streams) stream.write("\r\n");
    await until(() => result.keepAlives === 2);
    await fixture.clock.advance(29_999);
    expect(fixture.x.streams.size).toBe(1);
    await fixture.clock.advance(1);
    expect(await fixture.delays(1)).toEqual([0]);
    await until(() => result.texts.length === 1);
    expect(result.notices).toEqual([
      "X: nothing received for 30 s; connecting again at once",
      "X: receiving again; posts from 2026-11-23T08:00:10.000Z to 2026-11-23T08:00:40.000Z may be missing (30 s)",
    ]);
  });

  it("when X does not answer at all", async () => {
    fixture.x.behave(saysNothing, delivering(streamedPost()));
    const result = fixture.read();
    await until(() => fixture.x.streams.size === 1);
    await fixture.clock.advance(30_000);
    expect(await fixture.delays(1)).toEqual([250]);
    await until(() => result.texts.length === 1);
    expect(result.notices[0]).toBe("X: nothing received for 30 s; connecting again in 0.3 s");
  });
});

describe("X's filtered stream connects again, by X's schedule", () => {
  it("later and later when X accepts and closes, as after an HTTP error", async () => {
    fixture.x.behave(closing());
    const result = fixture.read();
    expect(await fixture.delays(8)).toEqual(
      [5, 10, 20, 40, 80, 160, 320, 320].map((seconds) => seconds * 1000),
    );
    expect(result.notices.slice(0, 2)).toEqual([
      "X: the server ended the stream; connecting again in 5 s",
      "X: the server ended the stream; connecting again in 80 s",
    ]);
  });

  it("later and later, up to 16 seconds, while the network fails", async () => {
    await fixture.x.stop();
    const result = fixture.read();
    const passed = await fixture.delays(66);
    expect(passed.slice(0, 4)).toEqual([250, 500, 750, 1000]);
    expect(passed.slice(-3)).toEqual([16_000, 16_000, 16_000]);
    expect(result.notices).toEqual([
      expect.stringMatching(/^X: connect ECONNREFUSED .*; connecting again in 0\.3 s$/),
    ]);
  });

  it("later and later, up to 320 seconds, while X answers 503", async () => {
    fixture.x.behave(answering(503, { title: "Service Unavailable" }));
    const result = fixture.read();
    expect(await fixture.delays(8)).toEqual(
      [5, 10, 20, 40, 80, 160, 320, 320].map((seconds) => seconds * 1000),
    );
    expect(result.notices[0]).toBe(
      "X: the server answered HTTP 503, Service Unavailable; connecting again in 5 s",
    );
  });
});

describe("X's filtered stream connects again, as X says", () => {
  it("after a 429 at its x-rate-limit-reset", async () => {
    const reset = Math.round(fixture.clock.now() / 1000) + 200;
    fixture.x.behave(
      answering(429, {}, { "x-rate-limit-remaining": 0, "x-rate-limit-reset": reset }),
      delivering(streamedPost()),
    );
    const result = fixture.read();
    await until(() => result.notices.length === 1);
    expect(result.stream.status()).toBe("reconnecting in 201 s");
    expect(await fixture.delays(1)).toEqual([201_000]);
    await until(() => result.texts.length === 1);
    expect(result.stream.status()).toBeUndefined();
  });

  it("after a 429 without a time, in a minute, then two, four, and at most 16", async () => {
    fixture.x.behave(answering(429));
    fixture.read();
    expect(await fixture.delays(6)).toEqual([1, 2, 4, 8, 16, 16].map((minutes) => minutes * 60_000));
  });

  it("after too many connections, and reports whose they are and what to do", async () => {
    const headers = {
      "x-rate-limit-remaining": 47,
      "x-rate-limit-reset": Math.round(fixture.clock.now() / 1000) + 800,
    };
    fixture.x.behave(answering(429, TOO_MANY_CONNECTIONS, headers));
    const result = fixture.read();
    expect(await fixture.delays(1)).toEqual([60_000]);
    expect(result.notices[0]).toMatch(
      /^X: this app already has a stream open, and X allows one: stop the other producer, or wait/,
    );
  });

  it("after an operational-disconnect, and reports it", async () => {
    fixture.x.behave(
      delivering(streamedPost({ text: "one" }), `${JSON.stringify(OPERATIONAL_DISCONNECT)}\r\n`),
      delivering(streamedPost({ text: "two" })),
    );
    const result = fixture.read();
    await fixture.delays(1);
    await until(() => result.texts.length === 2);
    expect(result.rejected).toEqual([]);
    expect(result.notices[0]).toBe(
      "X: the stream was ended (operational-disconnect: This stream has been disconnected upstream for operational reasons.); connecting again in 1 s",
    );
  });

  it("from the beginning of the schedule once a connection was good", async () => {
    fixture.x.behave(answering(503), answering(503), closing(streamedPost()), answering(503), closing());
    fixture.read();
    expect(await fixture.delays(5)).toEqual([5000, 10_000, 1000, 5000, 10_000]);
  });
});

describe("X's filtered stream ends at once", () => {
  it.each([
    [401, "X: the credentials are not valid; create new ones at https://console.x.com"],
    [
      402,
      "X: the account has no credits left; buy some, or raise its spending limit, at https://console.x.com",
    ],
    [
      403,
      "X: this app may not use the filtered stream; check its project, its access and its credits at https://console.x.com",
    ],
    [404, "X: there is no filtered stream at this address; check X_API_URL, if it is set"],
    [400, "X: the server answered HTTP 400, Wrong: because"],
  ])("when X answers %d, with the reason and where to fix it", async (status, message) => {
    fixture.x.behave(answering(status, { title: "Wrong", detail: "because" }));
    await expect(fixture.read().ended).rejects.toThrow(message);
    expect(fixture.x.requests).toHaveLength(1);
  });

  it("without showing the credentials", async () => {
    fixture.x.behave(answering(401, { title: "Unauthorized", detail: "Unauthorized" }));
    await expect(fixture.read().ended).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(BEARER_TOKEN) }),
    );
  });
});
