import { chmod, mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { localStack, publishLocalStack } from "../../shared/local-stack";
import { close, listen } from "../../test-servers/listen";
import { OUTPUTS, SECRET } from "../support/stack-outputs";
import { useTemporaryDirectory } from "../support/temporary-directory";

const temporary = useTemporaryDirectory();
const operator = { accessKeyId: "AKIAOPERATOR", secretAccessKey: "operator-secret" };
let server: Server;
let page: unknown;
let asked: string[];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end(JSON.stringify(page));
  });
  await listen(server);
});
afterEach(async () => {
  if (server.listening) await close(server);
});

const port = () => (server.address() as AddressInfo).port;
const folder = () => path.join(temporary.path, `real-time-stream-processing-${process.getuid?.()}`);
const publish = async () => {
  const published = await publishLocalStack(port(), { outputs: OUTPUTS, operator }, temporary.path);
  page = published.run;
  return published;
};
const find = () => localStack(port(), temporary.path);
const notRunning = () =>
  `no local cloud runs at port ${port()}; start it with \`npm run local -- --port ${port()}\``;

describe("the stack of the local cloud", () => {
  it("is found by the port, with its outputs and the operator's credentials", async () => {
    await publish();
    const endpoint = `http://127.0.0.1:${port()}`;
    expect(await find()).toEqual({ outputs: OUTPUTS, operator, endpoint });
    expect(asked).toEqual(["GET /_local/run"]);
  });

  it("is in files that only the user can read, and on no page", async () => {
    const { awsFile, run } = await publish();
    const modes = [folder(), path.join(folder(), `${port()}.json`), awsFile].map(async (file) => {
      return ((await stat(file)).mode & 0o777).toString(8);
    });
    expect(await Promise.all(modes)).toEqual(["700", "600", "600"]);
    expect(Object.keys(run)).toEqual(["run"]);
  });

  it("has settings for the AWS CLI and the SDKs", async () => {
    const { awsFile } = await publish();
    expect(await readFile(awsFile, "utf8")).toBe(
      `[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:${port()}\naws_access_key_id = AKIAOPERATOR\naws_secret_access_key = operator-secret\n`,
    );
  });

  it("is no longer found once it is removed", async () => {
    const { awsFile, remove } = await publish();
    await remove();
    await expect(stat(awsFile)).rejects.toThrow("ENOENT");
    await expect(find()).rejects.toThrow(notRunning());
  });
});

describe("a local cloud that was killed", () => {
  it("is not found, though its files are there", async () => {
    await publish();
    const [itsPort, message] = [port(), notRunning()];
    await close(server);
    await expect(localStack(itsPort, temporary.path)).rejects.toThrow(message);
  });

  it.each([
    ["another run", { run: "another" }],
    ["something else", { status: "running" }],
    ["nothing", null],
  ])("is not taken for the program that has its port now, which answers %s", async (_, answer) => {
    await publish();
    page = answer;
    await expect(find()).rejects.toThrow(notRunning());
  });

  it("leaves no file in the way of the next one", async () => {
    await publish();
    await publish();
    expect(await find()).toMatchObject({ outputs: OUTPUTS });
  });
});

describe("a folder that others could read or have made", () => {
  it.each([
    ["is open to others", () => chmod(folder(), 0o755)],
    [
      "is a link",
      async () => {
        await rm(folder(), { recursive: true });
        const elsewhere = path.join(temporary.path, "elsewhere");
        await mkdir(elsewhere, { mode: 0o700 });
        await writeFile(path.join(elsewhere, `${port()}.json`), "{}");
        await symlink(elsewhere, folder());
      },
    ],
  ])("takes no keys, and gives none: one that %s", async (_, change) => {
    await publish();
    await change();
    const message = `${folder()} holds the local cloud's keys, and must be a folder of this user with mode 0700; remove it, or set TMPDIR to another folder`;
    await expect(publish()).rejects.toThrow(message);
    await expect(find()).rejects.toThrow(message);
    await expect(find()).rejects.not.toThrow(SECRET);
  });
});
