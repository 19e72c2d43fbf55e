import { describe, expect, it } from "@jest/globals";
import { leaveUnprocessed, throttle } from "../../support/dynamodb-faults";
import { failed, itemsWithIds, itemWithId, stored, useEventWriter } from "../../support/event-writer";
import {
  answerAfter,
  answerWith,
  loseResponse,
  type ProxyFault,
  resetConnection,
} from "../../support/fault-proxy";

const writer = useEventWriter();

describe("EventWriter when DynamoDB leaves items unprocessed", () => {
  it("sends only those again", async () => {
    writer.proxy.inject(leaveUnprocessed((id) => id > "0002"));

    const { outcomes, retried, problems } = await writer.write(itemsWithIds(5));

    expect(outcomes).toEqual([stored, stored, stored, stored, stored]);
    expect(writer.requestSizes()).toEqual([5, 2]);
    expect(await writer.storedItems()).toEqual(itemsWithIds(5));
    expect({ retried, problems }).toEqual({
      retried: 2,
      problems: { "DynamoDB left items unprocessed": 2 },
    });
  });

  it("continues, with growing waits, as long as some are left", async () => {
    const all = leaveUnprocessed(() => true);
    writer.proxy.inject(
      all,
      leaveUnprocessed((id) => id !== "0000"),
      all,
    );

    const { outcomes, retried, slept } = await writer.write(itemsWithIds(3));

    expect(outcomes).toEqual([stored, stored, stored]);
    expect(writer.requestSizes()).toEqual([3, 3, 2, 2]);
    expect({ retried, slept }).toEqual({ retried: 7, slept: [50, 100, 200] });
  });

  it("reports just those as failed that are left when the time is up", async () => {
    writer.proxy.injectAlways(leaveUnprocessed((id) => id === "0001"));

    const { outcomes, retried, problems } = await writer.write(itemsWithIds(3), { attempts: 3 });

    expect(outcomes).toEqual([stored, failed, stored]);
    expect(await writer.storedItems()).toEqual([itemWithId("0000"), itemWithId("0002")]);
    expect(retried).toBe(2);
    expect(problems).toEqual({ "DynamoDB left items unprocessed": 3, "no time was left to write": 1 });
  });
});

describe("EventWriter sends a request again", () => {
  const accessDenied = answerWith(400, {
    __type: "com.amazon.coral.service#AccessDeniedException",
    Message: "User is not authorized",
  });

  const noSuchTable = answerWith(400, {
    __type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
    message: "Requested resource not found",
  });

  it.each<[string, ProxyFault, RegExp]>([
    ["that was throttled", throttle, /^DynamoDB: ProvisionedThroughputExceededException: The level of/],
    ["that met an error of the service", answerWith(500, "oops"), /^DynamoDB: /],
    [
      "that was not allowed: the operator may correct the policy",
      accessDenied,
      /^DynamoDB: AccessDeniedException: User/,
    ],
    ["to a table that was not there yet", noSuchTable, /^DynamoDB: ResourceNotFoundException: Requested/],
    ["whose connection was reset", resetConnection, /^DynamoDB: (Timeout)?Error: .*(ECONNRESET|hang up)/],
  ])("%s", async (_, fault, problem) => {
    writer.proxy.inject(fault);

    const { outcomes, retried, problems, slept } = await writer.write(itemsWithIds(2));

    expect(outcomes).toEqual([stored, stored]);
    expect(await writer.storedItems()).toEqual(itemsWithIds(2));
    expect({ retried, slept }).toEqual({ retried: 2, slept: [50] });
    expect(problems).toEqual({ [Object.keys(problems)[0] ?? ""]: 2 });
    expect(Object.keys(problems)[0]).toMatch(problem);
  });

  it("whose response was lost, and leaves one item", async () => {
    writer.proxy.inject(loseResponse);

    expect(await writer.write(itemsWithIds(2))).toMatchObject({ outcomes: [stored, stored], retried: 2 });
    expect(await writer.storedItems()).toEqual(itemsWithIds(2));
  });

  it("whose answer takes longer than a request may", async () => {
    writer.proxy.inject(answerAfter(new Promise(() => undefined)));

    // With the function's own settings: three seconds.
    const { outcomes, problems } = await writer.write(itemsWithIds(1));

    expect(outcomes).toEqual([stored]);
    expect(Object.keys(problems)).toEqual([expect.stringMatching(/^DynamoDB: TimeoutError: /)]);
  });
});

describe("EventWriter when the time is up", () => {
  it("sends nothing more and reports everything as failed", async () => {
    const { outcomes, problems } = await writer.write(itemsWithIds(30), { timeUp: AbortSignal.abort() });

    expect(outcomes).toEqual(itemsWithIds(30).map(() => failed));
    expect(problems).toEqual({ "no time was left to write": 30 });
    expect(writer.proxy.requests).toEqual([]);
  });

  it("cancels requests that are under way", async () => {
    const timeUp = new AbortController();
    writer.proxy.injectAlways(() => {
      timeUp.abort();
      return new Promise(() => undefined);
    });

    const { outcomes, problems } = await writer.write(itemsWithIds(30), {
      timeUp: timeUp.signal,
      requestHandler: { requestTimeout: 0, socketTimeout: 0 },
    });

    expect(outcomes).toEqual(itemsWithIds(30).map(() => failed));
    expect(problems).toEqual({ "no time was left to write": 30 });
  });

  it("reports what is left of many requests as failed, and what was stored as stored", async () => {
    const timeUp = new AbortController();
    const items = itemsWithIds(500);
    writer.proxy.inject(...Array<ProxyFault>(11).fill((request, forward) => forward(request)), () => {
      timeUp.abort();
      return new Promise(() => undefined);
    });

    const { outcomes } = await writer.write(items, { timeUp: timeUp.signal });

    const inTable = new Set((await writer.storedItems()).map(({ Id }) => Id));
    const reported = items.filter((_, index) => outcomes[index]?.status === "stored");
    expect(reported.length).toBeGreaterThan(0);
    expect(reported.length).toBeLessThan(items.length);
    for (const { Id } of reported) expect(inTable).toContain(Id);
  });
});
