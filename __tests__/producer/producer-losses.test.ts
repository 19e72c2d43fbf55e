import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { answerAfter } from "../support/fault-proxy";
import { fullDisk } from "../support/full-disk";
import { moment, until } from "../support/moment";
import { line, useProducer } from "../support/producer";

const FULL_DISK = fullDisk();

const producer = useProducer();

function lines(count: number): string {
  return Array.from({ length: count }, (_, index) => line({ id: `${index + 1}` })).join("");
}

describe("a producer whose output nobody reads any more", () => {
  it("delivers what is under way and what follows", async () => {
    const { reached, reach } = moment();
    producer.kinesis.injectAlways(answerAfter(reached));
    const { process: child, ended } = producer.start(["--input", "-"]);
    ended.catch(() => undefined);
    const exited = once(child, "exit");
    child.stdin?.write(lines(2));
    await until(() => producer.kinesis.calls().length === 1);
    child.stdout?.destroy();
    child.stderr?.destroy();
    // Standard error has a warning of the first line.
    child.stdin?.end(`{oops\n${line({ id: "3" })}`);
    await until(() => producer.kinesis.calls().length === 2);
    reach();
    expect(await exited).toEqual([3, null]);
    expect(await producer.storedData()).toHaveLength(3);
    expect(producer.rejects().toString()).toBe("{oops\n");
  });
});

describe("a producer whose terminal is closed", () => {
  it("delivers what was read, as after SIGTERM", async () => {
    const { process: child, ended } = producer.start(["--input", "-", "--json"]);
    child.stdin?.write(lines(2));
    await until(() => producer.kinesis.calls().length === 1);
    child.kill("SIGHUP");
    const run = await ended;
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 2, undelivered: 0 });
    expect(await producer.storedData()).toHaveLength(2);
  });
});

describe("receipts that cannot be written any more", () => {
  it("end the run with their own sentence, and what Kinesis took is acknowledged and put once", async () => {
    // Standard input stays open: the run does not wait for more of it.
    const { process: child, ended } = producer.start(["--input", "-", "--receipts", FULL_DISK, "--json"]);
    child.stdin?.write(lines(10));
    const run = await ended;
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toBe(
      `error: the receipts file ${FULL_DISK} cannot be written (ENOSPC: no space left on device, write); name another with --receipts\n`,
    );
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 10, retried: 0, undelivered: 0 });
    expect(await producer.storedData()).toHaveLength(10);
    expect(producer.rejectsFiles()).toEqual([]);
  });
});

describe("a second Ctrl-C", () => {
  it("hides no other fault", async () => {
    const { reached, reach } = moment();
    producer.kinesis.injectAlways(answerAfter(reached));
    const args = ["--input", "-", "--rejects", FULL_DISK, "--json"];
    const { process: child, stderr, ended } = producer.start(args);
    child.stdin?.write(lines(2));
    await until(() => producer.kinesis.calls().length === 1);
    child.kill("SIGINT");
    await until(() => stderr().includes("stopping"));
    // A signal within half a second counts as the same press.
    await sleep(500);
    child.kill("SIGINT");
    const run = await ended;
    reach();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(
      `error: the rejects file ${FULL_DISK} cannot be written (ENOSPC: no space left on device, write)`,
    );
    expect(JSON.parse(run.stdout)).toMatchObject({ acknowledged: 0, undelivered: 2 });
  });
});
