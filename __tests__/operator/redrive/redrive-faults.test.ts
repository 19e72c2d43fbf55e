import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import type { RunningEntryPoint } from "../../support/entry-point";
import {
  answerAfter,
  answerWith,
  CONNECTION_RESET,
  loseResponse,
  resetConnection,
} from "../../support/fault-proxy";
import { failAll, failCall, failEntries } from "../../support/kinesis-server";
import { moment, until } from "../../support/moment";
import { failedBatchObject, rejectedLine, useRedriveCloud } from "../../support/redrive-cloud";

const cloud = useRedriveCloud();

const A = "rejected/shardId-000000000000/2026/11/23/1-2.ndjson";
const C = "aws/lambda/9c5f0f3e/shardId-000000000000/2026/11/23/2026-11-23T07.30.00-0a1b";

const keepA = () => cloud.keep(A, rejectedLine("a1") + rejectedLine("a2"));
const keepC = () => cloud.keep(C, failedBatchObject(["c1", "c2"]));

/** The text of every record on the stream, sorted. */
async function texts(): Promise<string[]> {
  return (await cloud.records()).map(({ data }) => Buffer.from(data, "base64").toString()).sort();
}

const s3Error = (status: number, code: string) =>
  answerWith(status, `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);

describe("Kinesis, when it recovers,", () => {
  it.each([
    ["stores only some records", [failEntries([0])]],
    ["is throttled record by record", [failAll(), failAll("InternalFailure")]],
    ["is throttled as a whole", [failCall("ProvisionedThroughputExceededException")]],
    ["is out of order", [answerWith(500, ""), answerWith(503, "busy")]],
    ["resets the connection", [resetConnection]],
  ])(
    "%s: an object goes when all its records are acknowledged, and each record is put back once",
    async (_, faults) => {
      await keepA();
      await keepC();
      cloud.inject("putRecords", ...faults);
      const run = await cloud.redrive("--json");
      expect(run).toMatchObject({ exitCode: 0, stderr: "" });
      expect(JSON.parse(run.stdout)).toMatchObject({ putBack: 4, undelivered: 0, removed: 2 });
      expect(JSON.parse(run.stdout).retried).toBeGreaterThan(0);
      expect(await texts()).toEqual(["a1", "a2", "c1", "c2"]);
      expect(await cloud.keys()).toEqual([]);
    },
  );

  it("loses an answer: the records are put back twice, and their objects go", async () => {
    await keepA();
    cloud.inject("putRecords", loseResponse);
    expect(await cloud.redrive()).toMatchObject({ exitCode: 0 });
    expect(await texts()).toEqual(["a1", "a1", "a2", "a2"]);
    expect(await cloud.keys()).toEqual([]);
  });
});

describe("Kinesis, when records stay undelivered,", () => {
  it("acknowledges one object's records and not the other's: only the first goes", async () => {
    await keepA();
    await keepC();
    // Every call fails, except for the records of A; the run is then interrupted.
    cloud.injectAlways("putRecords", async (request, forward) => {
      const { Records, ...others } = JSON.parse(request.body.toString());
      const isOfA = ({ PartitionKey }: { PartitionKey: string }) => PartitionKey === "ada";
      const kept = Records.filter(isOfA);
      if (kept.length === 0) return failAll()(request, forward);
      const answer = await forward({
        ...request,
        body: Buffer.from(JSON.stringify({ ...others, Records: kept })),
      });
      const results = JSON.parse(answer.body.toString()).Records;
      const merged = Records.map((record: { PartitionKey: string }) =>
        isOfA(record) ? results.shift() : { ErrorCode: "InternalFailure", ErrorMessage: "no" },
      );
      return { ...answer, body: Buffer.from(JSON.stringify({ Records: merged })) };
    });
    const running = cloud.start("--json");
    await until(async () => (await cloud.keys()).join() === C);
    await pressTwice(running);
    expect(JSON.parse((await running.ended).stdout)).toMatchObject({
      putBack: 2,
      undelivered: 2,
      removed: 1,
    });
    expect(await cloud.keys()).toEqual([C]);
    expect(await texts()).toEqual(["a1", "a2"]);
  });

  it("stores some records of an object and then fails for the others: the object stays whole", async () => {
    await keepA();
    cloud.inject("putRecords", failEntries([1]), failCall("AccessDeniedException"));
    const run = await cloud.redrive("--json");
    expect(run.exitCode).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({ putBack: 1, undelivered: 1, removed: 0, rewritten: 0 });
    expect(await texts()).toEqual(["a1"]);
    expect(await cloud.objects()).toEqual({ [A]: rejectedLine("a1") + rejectedLine("a2") });
  });

  it("does not let the operator put records: nothing is removed, and the message says what is needed", async () => {
    await keepA();
    cloud.injectAlways("putRecords", failCall("AccessDeniedException"));
    const run = await cloud.redrive("--json");
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /^error: your AWS credentials may not put records on the stream .*; they need kinesis:PutRecords on it/,
    );
    expect(JSON.parse(run.stdout)).toMatchObject({ putBack: 0, undelivered: 2, removed: 0 });
    expect(await cloud.keys()).toEqual([A]);
  });
});

describe("S3, when a call fails,", () => {
  it.each(["list", "get", "delete"] as const)(
    "fails %s twice: it is tried again, and no record is put back twice",
    async (call) => {
      await keepA();
      cloud.inject(call, s3Error(503, "ServiceUnavailable"), resetConnection);
      expect(await cloud.redrive()).toMatchObject({ exitCode: 0, stderr: "" });
      expect(await texts()).toEqual(["a1", "a2"]);
      expect(await cloud.keys()).toEqual([]);
    },
  );

  it.each([
    ["list", "your AWS credentials may not list the failure bucket", "s3:ListBucket", 0],
    ["get", "your AWS credentials may not read objects from the failure bucket", "s3:GetObject", 0],
    ["delete", "your AWS credentials may not delete objects from the failure bucket", "s3:DeleteObject", 2],
  ] as const)(
    "does not let the operator %s: the run ends, and the object stays",
    async (call, message, permission, onStream) => {
      await keepA();
      cloud.injectAlways(call, s3Error(403, "AccessDenied"));
      const run = await cloud.redrive();
      expect(run.exitCode).toBe(1);
      expect(run.stderr).toContain(`error: ${message} ${cloud.outputs.failure_bucket_name} in us-east-1`);
      expect(run.stderr).toContain(`they need ${permission}`);
      expect(await cloud.records()).toHaveLength(onStream);
      expect(await cloud.keys()).toEqual([A]);
    },
  );

  it("does not let the operator remove the first object: no more are taken", async () => {
    for (let index = 0; index < 40; index++)
      await cloud.keep(`rejected/${index + 10}`, rejectedLine(`${index}`));
    cloud.injectAlways("delete", s3Error(403, "AccessDenied"));
    expect(await cloud.redrive()).toMatchObject({ exitCode: 1 });
    expect((await cloud.records()).length).toBeLessThan(40);
    expect(await cloud.keys()).toHaveLength(40);
  });
});

describe("S3, when an object has changed or an answer is lost,", () => {
  it("has an object no more when it is read: someone else put it back", async () => {
    await keepA();
    cloud.inject("get", s3Error(404, "NoSuchKey"));
    expect(await cloud.redrive()).toMatchObject({ exitCode: 0 });
    expect(await cloud.records()).toEqual([]);
  });

  it("loses the answer to a removal: the object is gone", async () => {
    await keepA();
    cloud.inject("delete", loseResponse);
    expect(await cloud.redrive()).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await cloud.keys()).toEqual([]);
  });

  it("has an object that was rewritten since it was read: it stays, and the exit code is 1", async () => {
    await keepA();
    cloud.inject("delete", s3Error(412, "PreconditionFailed"));
    const run = await cloud.redrive("--json");
    expect(run).toMatchObject({
      exitCode: 1,
      stderr: `changed while its records were put back, and left as it is: ${A}\n`,
    });
    expect(JSON.parse(run.stdout)).toMatchObject({ putBack: 2, removed: 0, changed: 1 });
    expect(await cloud.keys()).toEqual([A]);
  });

  it("is asked to remove and to replace only what was read", async () => {
    await keepA();
    await keepC();
    await cloud.redrive("--limit", "3");
    const conditions = [...cloud.calls("delete"), ...cloud.calls("put")].map(
      ({ headers }) => headers["if-match"],
    );
    expect(conditions).toEqual([expect.stringMatching(/^"\w{32}"$/), expect.stringMatching(/^"\w{32}"$/)]);
  });

  it("loses the answer to a replacement: it is not taken for someone else's", async () => {
    await keepA();
    cloud.inject("put", loseResponse, s3Error(412, "PreconditionFailed"));
    expect(await cloud.redrive("--limit", "1")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await cloud.objects()).toEqual({ [A]: rejectedLine("a2") });
  });
});

describe("an interruption", () => {
  it("by SIGKILL between the acknowledgement and the removal loses nothing: the next run puts back and removes", async () => {
    await keepA();
    await keepC();
    const { reached, reach } = moment();
    cloud.injectAlways("delete", async () => {
      await reached;
      return CONNECTION_RESET;
    });
    const { process: child, ended } = cloud.start();
    await until(() => cloud.calls("delete").length === 2);
    child.kill("SIGKILL");
    await ended;
    reach();
    expect(await cloud.keys()).toEqual([C, A]);

    cloud.injectAlways("delete", undefined);
    expect(await cloud.redrive()).toMatchObject({ exitCode: 0 });
    expect(await texts()).toEqual(["a1", "a1", "a2", "a2", "c1", "c1", "c2", "c2"]);
    expect(await cloud.keys()).toEqual([]);
  });

  it("by SIGKILL before the acknowledgement loses nothing", async () => {
    await keepA();
    const { reached, reach } = moment();
    cloud.injectAlways("putRecords", answerAfter(reached));
    const { process: child, ended } = cloud.start();
    await until(() => cloud.calls("putRecords").length === 1);
    child.kill("SIGKILL");
    await ended;
    reach();
    expect(await cloud.objects()).toEqual({ [A]: rejectedLine("a1") + rejectedLine("a2") });
  });
});

describe("an interruption at the terminal", () => {
  it("by Ctrl-C finishes the objects under way, takes no more, and ends with 0", async () => {
    for (let index = 0; index < 40; index++)
      await cloud.keep(`rejected/${index + 10}`, rejectedLine(`${index}`));
    const { reached, reach } = moment();
    cloud.injectAlways("putRecords", answerAfter(reached));
    const { press, ended } = cloud.startInProcess("--json");
    await until(() => cloud.calls("get").length === 32 && cloud.calls("putRecords").length > 0);
    press();
    reach();

    const run = await ended;
    expect(run).toMatchObject({
      exitCode: 0,
      stderr:
        "stopping: finishing the objects under way; Ctrl-C again stops immediately\nstopped early: run it again for the rest\n",
    });
    expect(JSON.parse(run.stdout)).toMatchObject({ putBack: 32, undelivered: 0, removed: 32 });
    expect(await cloud.keys()).toEqual([42, 43, 44, 45, 46, 47, 48, 49].map((index) => `rejected/${index}`));
  });

  it("by a second Ctrl-C stops at once with 130, and nothing is removed that is not acknowledged", async () => {
    await keepA();
    const { reached, reach } = moment();
    cloud.injectAlways("putRecords", answerAfter(reached));
    const { press, ended } = cloud.startInProcess("--json");
    await until(() => cloud.calls("putRecords").length === 1);
    press();
    press();
    const run = await ended;
    reach();
    expect(run.exitCode).toBe(130);
    expect(run.stderr.split("\n")).toEqual([
      "stopping: finishing the objects under way; Ctrl-C again stops immediately",
      "error: interrupted: what was not removed is still set aside",
      "",
    ]);
    expect(JSON.parse(run.stdout)).toMatchObject({ putBack: 0, undelivered: 2, removed: 0 });
    expect(await cloud.keys()).toEqual([A]);
  });
});

/** Presses Ctrl-C twice; a press within half a second counts as the same one. */
async function pressTwice({ process: child, stderr }: RunningEntryPoint): Promise<void> {
  child.kill("SIGINT");
  await until(() => stderr().includes("stopping"));
  await sleep(500);
  child.kill("SIGINT");
}

describe("someone who may not use the bucket", () => {
  it("is shown what they need", async () => {
    await keepA();
    const { access_key_id: accessKeyId, secret_access_key: secretAccessKey } = cloud.outputs;
    await cloud.useKey({ accessKeyId, secretAccessKey });
    const run = await cloud.redrive("--list");
    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toMatch(
      /^error: your AWS credentials may not list the failure bucket .*; they need s3:ListBucket\n$/,
    );
  });
});
