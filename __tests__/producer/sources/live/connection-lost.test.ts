import { describe, expect, it } from "@jest/globals";
import { networkReason } from "../../../../producer/sources/live/connection-lost";

describe("the reason of an error of the network", () => {
  it("is its message, its code, or what it wraps", () => {
    expect(networkReason(new Error("socket hang up"))).toBe("socket hang up");
    expect(networkReason(Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }))).toBe(
      "ECONNREFUSED",
    );
    expect(networkReason(new TypeError("fetch failed", { cause: new Error("other side closed") }))).toBe(
      "other side closed",
    );
  });

  it("is in words where Node.js has only a code", () => {
    expect(networkReason(Object.assign(new Error("aborted"), { code: "ECONNRESET" }))).toBe(
      "the connection was broken",
    );
  });
});
