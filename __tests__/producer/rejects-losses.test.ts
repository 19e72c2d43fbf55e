import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { answerWith } from "../support/fault-proxy";
import { fullDisk } from "../support/full-disk";
import { failAll } from "../support/kinesis-server";
import { line, useProducer } from "../support/producer";
import { NumberedSource, useProducerRuns } from "../support/producer-run";

const FULL_DISK = fullDisk();

const FULL = `the rejects file ${FULL_DISK} cannot be written (ENOSPC: no space left on device, write); name another with --rejects`;

describe("a rejects file on a full disk ends the run", () => {
  const runs = useProducerRuns();

  it("at the first record that can be neither delivered nor kept", async () => {
    runs.kinesis.injectAlways(failAll());
    const source = new NumberedSource(Number.POSITIVE_INFINITY);
    const run = await runs.start(source, { resume: false, rejects: FULL_DISK, maxAgeMs: 1000 });
    expect(await run.ended).toBe(FULL);
    expect(source.read).toBe(2501);
    expect(run.tally).toMatchObject({ acknowledged: 0, undelivered: 2501 });
  });

  it("at once, even while a live source is silent", async () => {
    runs.kinesis.injectAlways(failAll());
    const run = await runs.start(new NumberedSource(1, true), {
      ...{ resume: false, rejects: FULL_DISK, maxAgeMs: 1000 },
    });
    expect(await run.ended).toBe(FULL);
    expect(run.tally).toMatchObject({ acknowledged: 0, undelivered: 1 });
  });

  it("at the first line that is rejected; what was read before it is delivered", async () => {
    const source = new NumberedSource(Number.POSITIVE_INFINITY, true, (id) =>
      id < 3
        ? new NumberedSource(0).item(id)
        : { kind: "rejected", reason: "invalid-json", detail: "no", bytes: [Buffer.from("{oops")] },
    );
    const run = await runs.start(source, { rejects: FULL_DISK });
    expect(await run.ended).toBe(FULL);
    expect(source.read).toBe(3);
    expect(run.tally).toMatchObject({ acknowledged: 2, rejected: 1, undelivered: 0 });
    expect(await runs.storedIds()).toEqual([1, 2]);
    expect(run.warnings).toEqual(["rejected: invalid-json: no"]);
  });

  it("in an outage, too, which is not waited for", async () => {
    runs.kinesis.injectAlways(answerWith(503, { __type: "ServiceUnavailable" }));
    const source = new NumberedSource(2, true, (id) =>
      id < 2
        ? new NumberedSource(0).item(id)
        : { kind: "rejected", reason: "invalid-json", detail: "no", bytes: [Buffer.from("{oops")] },
    );
    const run = await runs.start(source, { rejects: FULL_DISK });
    expect(await run.ended).toBe(`${FULL}\nstopped while Kinesis took no records (ServiceUnavailable)`);
    expect(run.tally).toMatchObject({ acknowledged: 0, undelivered: 1, rejected: 1 });
  });
});

describe("the producer's rejects file", () => {
  const producer = useProducer();
  const at = (name: string) => path.join(producer.directory, name);

  it("ends a run with its own sentence, and its checkpoint before what is not kept", async () => {
    producer.input("bad.ndjson", line({ id: "1" }), "{oops\n", line({ id: "2" }));
    const run = await producer.produce([
      ...["--input", "bad.ndjson", "--resume", "--rejects", FULL_DISK, "--json"],
    ]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /^nothing from bad\.ndjson .*\nrejected: line 2: invalid-json: .*\nerror: the rejects file \S+\/full .*\n$/,
    );
    expect(run.stderr).toContain(`error: ${FULL}\n`);
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 1, rejected: 1 });
    expect(JSON.parse(run.stdout)).not.toHaveProperty("rejectsFile");
    expect(JSON.parse(readFileSync(at("bad.ndjson.checkpoint.json"), "utf8"))).toMatchObject({
      position: 1,
      complete: false,
    });
  });

  it("is opened before anything is read", async () => {
    const run = await producer.produce(["--input", "-", "--rejects", "no/such/folder"], line({}));
    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toMatch(
      /^error: the rejects file no\/such\/folder cannot be written \(ENOENT.*\); name another with --rejects\n$/,
    );
    expect(producer.kinesis.calls()).toEqual([]);
  });

  it("may be read by its owner only", async () => {
    producer.input("bad.ndjson", "{oops\n");
    await producer.produce(["--input", "bad.ndjson"]);
    const [name = ""] = producer.rejectsFiles();
    expect(statSync(at(name)).mode & 0o777).toBe(0o600);
  });

  it("is not left behind empty, whether the run ends well or cannot start", async () => {
    producer.input("posts.ndjson", line({}));
    expect(await producer.produce(["--input", "posts.ndjson"])).toMatchObject({ exitCode: 0 });
    writeFileSync(at("broken"), "{");
    expect(await producer.produce(["--input", "posts.ndjson", "--checkpoint", "broken"])).toMatchObject({
      exitCode: 1,
      stderr: "error: broken is not a checkpoint; name another file with --checkpoint\n",
    });
    expect(producer.rejectsFiles()).toEqual([]);
  });
});
