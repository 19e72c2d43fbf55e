import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { WikipediaSource, wikipediaSource } from "../../../../producer/sources/wikipedia/wikipedia";
import { type EventStreamServer, startEventStreamServer } from "../../../../test-servers/event-stream-server";
import { withoutWaiting } from "../../../support/noted-reconnection";
import { VirtualClock } from "../../../support/virtual-clock";

let server: EventStreamServer;
beforeEach(async () => {
  server = await startEventStreamServer();
});
afterEach(() => server.stop());

/** Reads until the run ends, or until something was reported. */
async function firstNotice() {
  const clock = new VirtualClock(Date.parse("2026-11-23T08:00:00Z"));
  const { waits, reconnection } = withoutWaiting(clock);
  const source = new WikipediaSource({ url: server.url, contact: "me@example.com", clock, reconnection });
  for await (const item of source.items(new AbortController().signal))
    if (item.kind === "notice") return { notice: item.message, waits };
  throw new Error("nothing was reported");
}

describe("Wikimedia's rules for clients", () => {
  it("are kept: the User-Agent has a contact", async () => {
    server.answer([]);
    await firstNotice();
    expect(server.userAgents).toEqual(["real-time-stream-processing/1.0 (me@example.com)"]);
  });

  it.each([
    ["in seconds", "120", 120_000],
    ["as a date", "Mon, 23 Nov 2026 08:01:00 GMT", 60_000],
    ["unreadably", "soon", 500],
    ["in the past", "Mon, 23 Nov 2026 07:00:00 GMT", 500],
  ])("are kept: Retry-After is honoured, given %s", async (_, header, waitMs) => {
    server.answer({ status: 429, headers: { "retry-after": header }, body: "Too many requests" });
    const { notice, waits } = await firstNotice();
    expect(waits).toEqual([waitMs]);
    expect(notice).toBe(
      `Wikipedia: the server answered HTTP 429: Too many requests; connecting again in ${waitMs / 1000} s`,
    );
  });

  it("are broken: HTTP 403 ends the run with the reason", async () => {
    server.answer({ status: 403, body: "Please respect our\r\nrobot policy \u001b[31m(a252b44)\n" });
    await expect(firstNotice()).rejects.toThrow(
      "Wikipedia: the server answered HTTP 403: Please respect our robot policy [31m(a252b44); it blocks clients that break its rules, or whose contact does not work: check --contact, and see https://wikitech.wikimedia.org/wiki/Robot_policy",
    );
  });

  it("are broken: of a page of HTML, only the status is shown", async () => {
    server.answer({ status: 403, body: "<!DOCTYPE html>\n<title>Wikimedia Error</title>" });
    await expect(firstNotice()).rejects.toThrow("Wikipedia: the server answered HTTP 403; it blocks clients");
  });
});

describe("--contact", () => {
  it.each([
    [undefined, "--contact is not set"],
    ["me", "--contact is me"],
    ["me@example.com (and more)", "--contact is me@example.com (and more)"],
  ])("of %j is an error that says what to give", async (contact, message) => {
    await expect(wikipediaSource.create({ contact })).rejects.toMatchObject({
      message: `${message}; Wikimedia asks every client to say how to reach whoever runs it: give your e-mail address or a page of yours, such as --contact me@example.com`,
      exitCode: 2,
    });
  });

  it.each(["me@example.com", "https://example.com/me"])("may be %s", async (contact) => {
    await expect(wikipediaSource.create({ contact })).resolves.toBeInstanceOf(WikipediaSource);
  });

  it("may be set in the environment", async () => {
    process.env.WIKIPEDIA_CONTACT = "me@example.com";
    try {
      await expect(wikipediaSource.create({})).resolves.toBeInstanceOf(WikipediaSource);
    } finally {
      delete process.env.WIKIPEDIA_CONTACT;
    }
  });
});
