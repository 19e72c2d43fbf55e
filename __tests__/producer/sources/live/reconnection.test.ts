import { describe, expect, it } from "@jest/globals";
import { ConnectionLost } from "../../../../producer/sources/live/connection-lost";
import { BackoffReconnection } from "../../../../producer/sources/live/reconnection";

const loss = {
  error: new ConnectionLost(""),
  livedMs: undefined,
  lastItemMs: undefined,
  deliveredPost: false,
};

describe("the wait for another connection", () => {
  it("is random, and at most a second, doubling up to half a minute", () => {
    const delays = (random: number) => {
      const policy = new BackoffReconnection(() => random);
      return Array.from({ length: 7 }, () => policy.delayMs(loss, 0));
    };
    expect(delays(0)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(delays(0.5)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  });

  it("is short again after a connection that still delivered after ten seconds, and only then", () => {
    const policy = new BackoffReconnection(() => 0.5);
    const delays = [undefined, 9999, 10_000, undefined].map((lastItemMs) =>
      policy.delayMs({ ...loss, livedMs: 60_000, lastItemMs }, 0),
    );
    expect(delays).toEqual([500, 1000, 500, 1000]);
  });
});
