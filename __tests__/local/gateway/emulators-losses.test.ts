import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { type Emulators, startEmulators } from "../../../local/gateway/emulators";
import { until } from "../../support/moment";
import { childNamed, childrenOf, listeningPorts } from "../../support/processes";
import { isRunning } from "../../support/sandboxed-function";
import { temporaryDirectory } from "../../support/temporary-directory";

const running: Emulators[] = [];

async function started(): Promise<Emulators> {
  const emulators = await startEmulators();
  running.push(emulators);
  return emulators;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((emulators) => emulators.stop()));
});

const temporaryFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith("local-cloud-"));

/** The HTTP status that an emulator answers an empty request with. */
function statusOf(socketPath: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    http.get({ socketPath }, ({ statusCode }) => resolve(statusCode)).on("error", reject);
  });
}

/** Sends a request to kinesalite. */
function callKinesis(socketPath: string, operation: string, input: object): Promise<void> {
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": `Kinesis_20131202.${operation}`,
    "x-amz-date": "20261123T000000Z",
    authorization: "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=a, Signature=a",
  };
  const request = http.request({ socketPath, method: "POST", headers });
  return new Promise((resolve) => {
    request.on("error", () => resolve()).on("response", (response) => response.resume().on("end", resolve));
    request.end(JSON.stringify(input));
  });
}

/** The names of a process's environment variables. */
function environmentOf(pid: number): string[] {
  const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  return variables.flatMap((variable) => variable.split("=")[0] || []);
}

const onLinux = process.platform === "linux" ? it : it.skip;

describe("The emulators", () => {
  onLinux("listen on no port, but on sockets in a folder that only their user may enter", async () => {
    const { processes, sockets, folder } = await started();
    expect(Object.values(processes).map(listeningPorts)).toEqual([[], [], []]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(await Promise.all(Object.values(sockets).map(statusOf))).toEqual([403, 200, 200]);
  });

  it("leave neither a process nor a file when they are stopped", async () => {
    const { processes, folder, stop } = await started();
    await stop();
    expect(Object.values(processes).filter(isRunning)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  onLinux("see nothing of this process's environment", async () => {
    const { processes } = await started();
    for (const pid of Object.values(processes)) {
      const variables = environmentOf(pid).filter((name) => !name.startsWith("NODE_CHANNEL"));
      expect(variables).toEqual(["AWS_REGION"]);
    }
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "survive %s, which their parent gets too",
    async (signal) => {
      const { processes, sockets } = await started();
      for (const pid of Object.values(processes)) process.kill(pid, signal);
      expect(await Promise.all(Object.values(sockets).map(statusOf))).toEqual([403, 200, 200]);
      expect(Object.values(processes).map(isRunning)).toEqual([true, true, true]);
    },
  );
});

describe("An emulator that ends by itself", () => {
  it("is a failure at once, which says which one ended, how, and what to do", async () => {
    const { processes, failure } = await started();
    process.kill(processes.kinesis, "SIGKILL");
    await expect(failure).rejects.toThrow(
      "the kinesis emulator ended by signal SIGKILL, and what it held is lost; start again, and if it ends again, " +
        "look for what kills it: the system's log says if memory ran out",
    );
  });

  it("because of a request is a failure with its error", async () => {
    const { sockets, failure } = await started();
    await callKinesis(sockets.kinesis, "CreateStream", { StreamName: "events", ShardCount: 1 });
    await callKinesis(sockets.kinesis, "PutRecords", { StreamName: "events", Records: [null] });
    await expect(failure).rejects.toThrow(
      /^the kinesis emulator ended with exit code \d \(TypeError: Cannot read properties of null/,
    );
  });

  it("while they start leaves no process and no file behind", async () => {
    const before = temporaryFolders();
    const starting = startEmulators();
    const outcome = starting.then(
      () => "started",
      ({ message }: Error) => message,
    );
    await until(() => childNamed(process.pid, /emulator-process\.mjs s3 /) !== undefined);
    process.kill(childNamed(process.pid, /emulator-process\.mjs s3 /) ?? 0, "SIGKILL");
    expect(await outcome).toMatch(/^the s3 emulator ended by signal SIGKILL/);
    expect([...childrenOf(process.pid).values()].filter((line) => line.includes("emulator-process"))).toEqual(
      [],
    );
    expect(temporaryFolders()).toEqual(before);
  });

  it("cannot start where the path of its socket is too long, and says what to do", async () => {
    const parentFolder = join(temporaryDirectory(), "x".repeat(90));
    mkdirSync(parentFolder);
    await expect(startEmulators({ parentFolder })).rejects.toThrow(
      /^the path of the socket .* is longer than the 103 bytes that a socket may have; set TMPDIR/,
    );
    expect(readdirSync(parentFolder)).toEqual([]);
  });
});
