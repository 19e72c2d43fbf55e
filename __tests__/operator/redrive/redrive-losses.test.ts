import { describe, expect, it } from "@jest/globals";
import { answerWith, type ProxyFault } from "../../support/fault-proxy";
import { failCall } from "../../support/kinesis-server";
import { moment, until } from "../../support/moment";
import { failedBatchObject, rejectedLine, useRedriveCloud } from "../../support/redrive-cloud";

const cloud = useRedriveCloud();

const A = "rejected/shardId-000000000000/2026/11/23/1-2.ndjson";
const B = "rejected/shardId-000000000000/2026/11/23/3-3.ndjson";
const C = "aws/lambda/9c5f0f3e/shardId-000000000000/2026/11/23/2026-11-23T07.30.00-0a1b";

const REMEDY = "correct or delete it there, or let it expire";

/** The text of every record on the stream, sorted. */
async function texts(): Promise<string[]> {
  return (await cloud.records()).map(({ data }) => Buffer.from(data, "base64").toString()).sort();
}

const s3Error = (status: number, code: string) =>
  answerWith(status, `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);

/** A fault that only the calls about one object meet. */
const onlyFor =
  (key: string, fault: ProxyFault): ProxyFault =>
  (request, forward) =>
    (request.path.includes(key) ? fault : forward)(request, forward);

describe("one record that cannot be put back", () => {
  it("because it is too large is named and stays alone; the rest of its object and the others are put back", async () => {
    const large = rejectedLine("x".repeat(1024 * 1024 - 2), { reason: "item-too-large" });
    await cloud.keep(A, rejectedLine("a1") + large + rejectedLine("a3"));
    await cloud.keep(C, failedBatchObject(["c1", "x".repeat(1024 * 1024), "c3"]));
    await cloud.keep(B, rejectedLine("b1"));
    const run = await cloud.redrive();
    expect(run.exitCode).toBe(3);
    expect(run.stderr.trimEnd().split("\n").sort()).toEqual([
      `skipped: ${C}: record 2: the record has 1,048,581 bytes with its partition key; Kinesis takes at most 1,048,576; ${REMEDY}`,
      `skipped: ${A}: line 2: the record has 1,048,577 bytes with its partition key; Kinesis takes at most 1,048,576; ${REMEDY}`,
    ]);
    expect(run.stdout).toMatch(
      /^put 5 records back on .*; 0 retried, 0 undelivered, 2 skipped; 1 object removed, 2 kept with the rest\n$/,
    );
    expect(await texts()).toEqual(["a1", "a3", "b1", "c1", "c3"]);
    const objects = await cloud.objects();
    expect(Object.keys(objects).sort()).toEqual([C, A]);
    expect(objects[A]).toBe(large);
    expect(JSON.parse(JSON.parse(objects[C] ?? "").payload).Records).toHaveLength(1);
  });

  it("because its line is not understood is named and stays alone", async () => {
    await cloud.keep(A, `${rejectedLine("a1")}{a secret\n${rejectedLine("a3")}`);
    const run = await cloud.redrive("--json");
    expect(run).toMatchObject({
      exitCode: 3,
      stderr: `skipped: ${A}: line 2 is not JSON; ${REMEDY}\n`,
    });
    expect(JSON.parse(run.stdout)).toMatchObject({ putBack: 2, skipped: 1, removed: 0, rewritten: 1 });
    expect(await texts()).toEqual(["a1", "a3"]);
    expect(await cloud.objects()).toEqual({ [A]: "{a secret\n" });
  });
});

describe("what cannot be put back", () => {
  it("is named by the first ten of an object, and the others are counted", async () => {
    await cloud.keep(A, `${rejectedLine("a1")}${"{\n".repeat(1011)}`);
    const run = await cloud.redrive("--json");
    expect(run.exitCode).toBe(3);
    expect(run.stderr.trimEnd().split("\n")).toEqual([
      ...[2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((n) => `skipped: ${A}: line ${n} is not JSON; ${REMEDY}`),
      `skipped: ${A}: 1,001 more`,
    ]);
    expect(JSON.parse(run.stdout)).toMatchObject({ skipped: 1011 });
  });

  it("leaves an object with nothing else in it untouched", async () => {
    const large = rejectedLine("x".repeat(1024 * 1024 - 2));
    await cloud.keep(A, large);
    const run = await cloud.redrive();
    expect(run).toMatchObject({
      exitCode: 3,
      stdout: `the failure bucket ${cloud.outputs.failure_bucket_name} holds nothing that can be put back\n`,
    });
    expect([...cloud.calls("put"), ...cloud.calls("delete"), ...cloud.calls("putRecords")]).toEqual([]);
    expect(await cloud.objects()).toEqual({ [A]: large });
  });

  it("is named by --list, and counted apart from what can be put back", async () => {
    await cloud.keep(A, `${rejectedLine("a1")}{a secret\n`);
    const run = await cloud.redrive("--list", "--json");
    expect(run).toMatchObject({ exitCode: 3, stderr: `skipped: ${A}: line 2 is not JSON; ${REMEDY}\n` });
    const time = "2026-11-23T07:00:00.000Z";
    expect(JSON.parse(run.stdout)).toEqual({
      records: 1,
      objects: 1,
      skipped: 1,
      failed: 0,
      notUnderstood: 0,
      reasons: [{ reason: "invalid-json", records: 1, objects: 1, oldest: time, newest: time }],
    });
  });
});

describe("one object that S3 fails", () => {
  const archived = s3Error(403, "InvalidObjectState");

  it("to read is named and stays; the others are put back, and the exit code is 1", async () => {
    await cloud.keep(A, rejectedLine("a1"));
    await cloud.keep(B, rejectedLine("b1"));
    cloud.injectAlways("get", onlyFor(A, archived));
    const run = await cloud.redrive();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      new RegExp(`^left as it is: ${A}: could not read objects from the failure bucket .*: no\n$`),
    );
    expect(run.stdout).toMatch(/^put 1 record back on .*; 1 object removed, 1 failed\n$/);
    expect(await texts()).toEqual(["b1"]);
    expect(await cloud.keys()).toEqual([A]);
  });

  it("to remove is named and stays, and its records are put back again the next time", async () => {
    await cloud.keep(A, rejectedLine("a1"));
    await cloud.keep(B, rejectedLine("b1"));
    cloud.injectAlways("delete", onlyFor(A, archived));
    const run = await cloud.redrive("--json");
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(`left as it is: ${A}: could not delete objects from`);
    expect(JSON.parse(run.stdout)).toMatchObject({ putBack: 2, removed: 1, failed: 1 });
    expect(await cloud.keys()).toEqual([A]);
  });

  it("ends the run when it is one of 32 in a row", async () => {
    for (let index = 0; index < 70; index++)
      await cloud.keep(`rejected/${index + 10}`, rejectedLine(`${index}`));
    cloud.injectAlways("get", archived);
    const run = await cloud.redrive();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/\nerror: could not read objects from the failure bucket .*: no\n$/);
    const named = run.stderr.match(/^left as it is: /gm)?.length;
    expect(named).toBeGreaterThanOrEqual(32);
    expect(named).toBeLessThan(64);
    expect(await cloud.keys()).toHaveLength(70);
  });

  it("does not end the run when others succeed in between", async () => {
    const keys = Array.from({ length: 60 }, (_, index) => `rejected/${index + 10}`);
    for (const key of keys) await cloud.keep(key, rejectedLine(key));
    const isFailed = (path: string) => Number(/rejected\/(\d+)/.exec(path)?.[1]) % 4 === 0;
    cloud.injectAlways("get", (request, forward) =>
      (isFailed(request.path) ? archived : forward)(request, forward),
    );
    const run = await cloud.redrive("--json");
    expect(run.exitCode).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({ putBack: 45, removed: 45, failed: 15 });
    expect(await cloud.keys()).toEqual(keys.filter(isFailed));
  });
});

describe("several faults", () => {
  it("do not hide each other: the first ends the run, and what is undelivered for another reason is said", async () => {
    await cloud.keep(A, rejectedLine("a1"));
    await cloud.keep(B, rejectedLine("b1", { partitionKey: "grace" }));
    const { reached, reach } = moment();
    cloud.injectAlways("get", async (request, forward) => {
      if (!request.path.includes(B)) return forward(request);
      await until(() => cloud.calls("putRecords").length === 1);
      return s3Error(403, "AccessDenied")(request, forward);
    });
    cloud.injectAlways("putRecords", async (request, forward) => {
      await reached;
      return failCall("AccessDeniedException")(request, forward);
    });
    const running = cloud.redrive();
    await until(() => cloud.calls("get").length === 2);
    reach();
    const run = await running;
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /^undelivered, and still set aside: 1 record: your AWS credentials may not put/,
    );
    expect(run.stderr).toMatch(
      /\nerror: your AWS credentials may not read objects from the failure bucket .*\n$/,
    );
  });

  it("are not hidden by a second Ctrl-C", async () => {
    await cloud.keep(A, rejectedLine("a1"));
    await cloud.keep(B, rejectedLine("b1"));
    cloud.injectAlways("delete", s3Error(403, "AccessDenied"));
    cloud.injectAlways("get", async (request, forward) => {
      if (request.path.includes(B)) await until(() => cloud.calls("delete").length === 1);
      return forward(request);
    });
    const { reached, reach } = moment();
    cloud.injectAlways("putRecords", async (request, forward) => {
      if (cloud.calls("putRecords").length > 1) await reached;
      return forward(request);
    });
    const { press, ended } = cloud.startInProcess();
    await until(() => cloud.calls("putRecords").length === 2);
    press();
    press();
    const run = await ended;
    reach();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(
      "\nundelivered, and still set aside: 1 record: stopped before it was delivered\n",
    );
    expect(run.stderr).toMatch(
      /\nerror: your AWS credentials may not delete objects from the failure bucket .*\n$/,
    );
  });
});
