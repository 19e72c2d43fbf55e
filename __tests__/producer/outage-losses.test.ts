import { describe, expect, it } from "@jest/globals";
import { answerWith, type ProxyFault } from "../support/fault-proxy";
import { failCall } from "../support/kinesis-server";
import { moment, steady, until } from "../support/moment";
import { post } from "../support/posts";
import { NumberedSource, useProducerRuns } from "../support/producer-run";

const runs = useProducerRuns();
const unavailable = answerWith(503, { __type: "ServiceUnavailable" });
const NOTICED = "Kinesis takes no records (ServiceUnavailable); waiting, and reading no further meanwhile";
const numbers = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

/** Resolves when the run has waited for Kinesis for this long. */
async function outageOf(ms: number): Promise<void> {
  const end = runs.clock.now() + ms;
  await until(() => runs.clock.now() >= end);
}

describe("an outage longer than --max-age", () => {
  it("is waited for with --resume, and then everything is delivered and nothing is in a rejects file", async () => {
    runs.kinesis.injectAlways(unavailable);
    const run = await runs.start(new NumberedSource(700), { maxAgeMs: 300_000 });
    await outageOf(600_000);
    expect(run.tally).toMatchObject({ acknowledged: 0, undelivered: 0, rejected: 0 });
    expect(run.outage.status).toMatch(/^waiting for Kinesis for [\d,]+ s \(ServiceUnavailable\)$/);
    runs.kinesis.injectAlways(undefined);
    expect(await run.ended).toBeUndefined();
    expect(run.tally).toMatchObject({ acknowledged: 700, undelivered: 0 });
    expect(run.notices).toEqual([
      NOTICED,
      expect.stringMatching(/^Kinesis takes records again, after [\d,]+ s$/),
    ]);
    expect(run.warnings).toEqual([]);
    expect(await runs.storedIds()).toEqual(numbers(700));
    expect(runs.checkpoint()).toMatchObject({ position: 700, complete: true });
    expect(runs.rejects()).toBeUndefined();
  });

  it("holds back the source", async () => {
    runs.kinesis.injectAlways(unavailable);
    const source = new NumberedSource(Number.POSITIVE_INFINITY);
    const run = await runs.start(source, { maxAgeMs: 5_000 });
    // Four calls and a batch that waits behind them, of 500 each, and one more that there is no room for.
    expect(await steady(() => source.read)).toBe(2501);
    await outageOf(10_000);
    expect(source.read).toBe(2501);
    run.stop();
    await run.ended;
  });

  it("is waited for by a record that has failed in part, even while others are stored", async () => {
    runs.kinesis.injectAlways(onlyFirst(1));
    const run = await runs.start(new NumberedSource(2, true), { maxAgeMs: 1000 });
    await until(() => run.tally.acknowledged === 1);
    await outageOf(60_000);
    expect(run.tally.undelivered).toBe(0);
    runs.kinesis.injectAlways(undefined);
    await until(() => run.tally.acknowledged === 2);
    run.stop();
    expect(await run.ended).toBeUndefined();
    expect(runs.checkpoint()).toMatchObject({ position: 2 });
  });

  it("sends a source that cannot be resumed into the rejects file", async () => {
    runs.kinesis.injectAlways(unavailable);
    const run = await runs.start(new NumberedSource(2), { resume: false, maxAgeMs: 300_000 });
    expect(await run.ended).toBeUndefined();
    expect(run.tally).toMatchObject({ acknowledged: 0, undelivered: 2 });
    expect(run.warnings).toEqual(["undelivered: 2 records: not stored within 300 s (ServiceUnavailable)"]);
    expect(runs.rejects()).toBe(
      `${JSON.stringify(post({ id: "1" }))}\n${JSON.stringify(post({ id: "2" }))}\n`,
    );
  });
});

/** Kinesis stores as many records of each call as this, and none of a call that has no more. */
function onlyFirst(count: number): ProxyFault {
  let stored = 0;
  return async (request, forward) => {
    const body = JSON.parse(request.body.toString());
    const kept = body.Records.slice(0, Math.max(0, count - stored));
    stored += kept.length;
    const answer =
      kept.length > 0 &&
      (await forward({ ...request, body: Buffer.from(JSON.stringify({ ...body, Records: kept })) }));
    const results = answer ? JSON.parse(answer.body.toString()).Records : [];
    const failed = body.Records.slice(kept.length).map(() => ({
      ErrorCode: "InternalFailure",
      ErrorMessage: "no",
    }));
    return answerWith(200, { FailedRecordCount: failed.length, Records: [...results, ...failed] })(
      request,
      forward,
    );
  };
}

describe("Ctrl-C in an outage", () => {
  const STOPPED = "stopped while Kinesis took no records (ServiceUnavailable)";

  it("ends the run at the low watermark, and the next run sends what was in flight", async () => {
    runs.kinesis.inject((request, forward) => forward(request));
    runs.kinesis.injectAlways(unavailable);
    const source = new NumberedSource(900);
    const run = await runs.start(source);
    await until(() => run.notices.length === 1);
    run.stop();
    expect(await run.ended).toBe(STOPPED);
    expect(run.tally).toMatchObject({ acknowledged: 500, undelivered: 400, rejected: 0 });
    expect(run.warnings).toEqual([
      `undelivered: 400 records: ${STOPPED}; the next run with --resume sends it again`,
    ]);
    expect(runs.checkpoint()).toMatchObject({ position: 500, complete: false });
    expect(runs.rejects()).toBeUndefined();

    runs.kinesis.injectAlways(undefined);
    const next = await runs.start(source);
    expect(await next.ended).toBeUndefined();
    expect(next.tally).toMatchObject({ acknowledged: 400, undelivered: 0 });
    expect(await runs.storedIds()).toEqual(numbers(900));
    expect(runs.checkpoint()).toMatchObject({ position: 900, complete: true });
  });

  it("ends a run whose source waits for room", async () => {
    runs.kinesis.injectAlways(unavailable);
    const run = await runs.start(new NumberedSource(Number.POSITIVE_INFINITY));
    await until(() => run.notices.length === 1);
    run.stop();
    expect(await run.ended).toBe(STOPPED);
    expect(run.tally).toMatchObject({ acknowledged: 0, undelivered: 2501 });
  });

  it("that begins after it still delivers what a passing fault held up", async () => {
    const { reached, reach } = moment();
    runs.kinesis.inject(async (request, forward) => {
      reach();
      return unavailable(request, forward);
    });
    const run = await runs.start(new NumberedSource(3, true));
    await reached;
    run.stop();
    expect(await run.ended).toBeUndefined();
    expect(run.tally).toMatchObject({ acknowledged: 3, undelivered: 0 });
  });

  it("that begins after it ends the run as soon as it lasts", async () => {
    runs.kinesis.injectAlways(unavailable);
    const run = await runs.start(new NumberedSource(3, true));
    await until(() => runs.kinesis.calls().length > 0);
    run.stop();
    expect(await run.ended).toBe(STOPPED);
    expect(run.tally).toMatchObject({ acknowledged: 0, undelivered: 3 });
    expect(runs.rejects()).toBeUndefined();
  });
});

describe("what a run with --resume cannot deliver", () => {
  it("is sent by the next run when the access key may not put records", async () => {
    runs.kinesis.injectAlways(failCall("AccessDeniedException"));
    const source = new NumberedSource(3);
    const run = await runs.start(source);
    expect(await run.ended).toContain("the producer's access key may not put records on");
    expect(run.tally).toMatchObject({ acknowledged: 0, undelivered: 3 });
    expect(runs.rejects()).toBeUndefined();
    runs.kinesis.injectAlways(undefined);
    expect(await (await runs.start(source)).ended).toBeUndefined();
    expect(await runs.storedIds()).toEqual([1, 2, 3]);
  });

  it("is sent by the next run after a second Ctrl-C", async () => {
    const { reached, reach } = moment();
    const { reached: released, reach: release } = moment();
    runs.kinesis.inject(async (request, forward) => {
      reach();
      await released;
      return unavailable(request, forward);
    });
    const source = new NumberedSource(3);
    const run = await runs.start(source);
    await reached;
    run.stop();
    run.abort();
    expect(await run.ended).toBe("stopped before it was delivered");
    release();
    expect(run.tally).toMatchObject({ acknowledged: 0, undelivered: 3 });
    expect(runs.rejects()).toBeUndefined();
    expect(await (await runs.start(source)).ended).toBeUndefined();
    expect(await runs.storedIds()).toEqual([1, 2, 3]);
  });
});
