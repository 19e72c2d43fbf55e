import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { RedriveSession } from "../../../operator/redrive/redrive-session";
import type { Criteria } from "../../../operator/redrive/selection";
import type { SetAsideRecord } from "../../../operator/redrive/set-aside-object";
import { close, listen } from "../../../test-servers/listen";
import { until } from "../../support/moment";
import { testStack } from "../../support/test-stack";

let server: Server;
/** The keys of the objects under each prefix of the bucket. */
let keys: string[];
let url: string;
let stderr: string;
let interrupt: () => void;
let restore: (() => void)[];

beforeEach(async () => {
  keys = [];
  server = createServer((_, response) => {
    const contents = keys.map(
      (key) => `<Contents><Key>${key}</Key><LastModified>2026-11-23T07:00:00Z</LastModified></Contents>`,
    );
    response.end(`<ListBucketResult>${contents.join("")}</ListBucketResult>`);
  });
  url = await listen(server);
  stderr = "";
  interrupt = () => undefined;
  const { isTTY, columns } = process.stderr;
  const write = jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += text;
    return true;
  });
  const on = jest.spyOn(process, "on").mockImplementation((event, listener) => {
    if (event === "SIGINT") interrupt = listener;
    return process;
  });
  process.stderr.isTTY = false;
  restore = [
    () => write.mockRestore(),
    () => on.mockRestore(),
    () => Object.assign(process.stderr, { isTTY, columns }),
  ];
});
afterEach(async () => {
  for (const end of restore) end();
  await close(server);
});

const start = (criteria: Criteria = {}) => new RedriveSession(testStack(url), criteria, false);
const records = (...reasons: string[]): SetAsideRecord[] =>
  reasons.map((reason) => ({ where: "line 1", reason, arrivedAt: 0, partitionKey: "k", data: "" }));

describe("the line of a redrive on a terminal", () => {
  it("says how far the run has got", async () => {
    Object.assign(process.stderr, { isTTY: true, columns: 80 });
    keys = ["a", "b"];
    const session = start();
    await until(() => stderr.includes("\r\u001b[2Klooking through the failure bucket\r"));
    const choice = await session.choose();
    await until(() => stderr.includes("\u001b[2K0 of 4 objects\r"));
    choice.onLookedAt();
    session.tally.putBack = 1200;
    session.tally.retried = 3;
    await until(() => stderr.includes("\u001b[2K1 of 4 objects  1,200 put back  3 retried\r"));
    session.close(undefined);
    expect(stderr.endsWith("\r\u001b[2K")).toBe(true);
  });
});

describe("the end of a redrive", () => {
  it("counts what is undelivered by its reason", () => {
    const session = start();
    for (const reason of ["throttled", "no answer", "throttled"]) session.addUndelivered(reason);
    session.close(undefined);
    expect(stderr).toBe(
      "undelivered, and still set aside: 2 records: throttled\nundelivered, and still set aside: 1 record: no answer\n",
    );
  });

  it("by a fault does not repeat the fault as a reason, nor speak of what was not looked for", async () => {
    keys = ["a"];
    const session = start({ reason: ["x"] });
    (await session.choose()).selection.wanted(records("a"));
    for (const reason of ["may not put", "throttled"]) session.addUndelivered(reason);
    session.close(new Error("may not put"));
    expect(stderr).toBe("undelivered, and still set aside: 1 record: throttled\n");
  });

  it("names the reasons that no record has, and those there are, safe to print", async () => {
    const session = start({ reason: ["x", "a", "y"] });
    (await session.choose()).selection.wanted(records("b\u001b[2J", "a"));
    session.close(undefined);
    expect(stderr).toBe(
      "no record has the reason x; there are: a, b\ufffd[2J\nno record has the reason y; there are: a, b\ufffd[2J\n",
    );
  });

  it.each([
    ["some objects were not read, because of --since", { since: new Date(0) }],
    ["the limit is reached", { limit: 1 }],
  ])("does not name them if %s", async (_, criteria) => {
    const session = start({ reason: ["x"], ...criteria });
    const { selection } = await session.choose();
    selection.wanted(records("a"));
    selection.take(records("a"));
    session.close(undefined);
    expect(stderr).toBe("");
  });

  it("does not name them if there are no records at all", () => {
    start({ reason: ["x"] }).close(undefined);
    expect(stderr).toBe("");
  });

  it("by Ctrl-C says what to do for the rest", async () => {
    const session = start({ reason: ["x"] });
    (await session.choose()).selection.wanted(records("a"));
    interrupt();
    session.close(undefined);
    expect(stderr).toBe(
      "stopping: finishing the objects under way; Ctrl-C again stops immediately\nstopped early: run it again for the rest\n",
    );
    expect(session.abort.aborted).toBe(false);
  });

  it("by a fault after Ctrl-C says nothing of the rest", () => {
    const session = start();
    interrupt();
    session.close(new Error("denied"));
    expect(stderr).toBe("stopping: finishing the objects under way; Ctrl-C again stops immediately\n");
  });
});

describe("what a redrive says when it chose no record", () => {
  const said = async (what: (session: RedriveSession) => void) => {
    const session = start();
    await session.choose();
    what(session);
    const { nothingChosen } = session;
    session.close(undefined);
    return nothingChosen;
  };

  it("is that the bucket is empty, or holds no such records", async () => {
    expect(await said(() => undefined)).toBe("the failure bucket b holds nothing");
    keys = ["a"];
    expect(await said(() => undefined)).toBe("the failure bucket b holds no such records");
  });

  it.each(["skipped", "superseded", "failed", "notUnderstood"] as const)(
    "is that there is nothing to put back, if something was %s",
    async (why) => {
      keys = ["a"];
      const nothing = await said(({ tally }) => {
        tally[why] = 1;
      });
      expect(nothing).toBe("the failure bucket b holds nothing that can be put back");
    },
  );

  it("is nothing if it was stopped early, or did choose one", async () => {
    keys = ["a"];
    expect(await said(() => interrupt())).toBeUndefined();
    const session = start();
    (await session.choose()).selection.take(records("a"));
    expect(session.nothingChosen).toBeUndefined();
    session.close(undefined);
  });
});
