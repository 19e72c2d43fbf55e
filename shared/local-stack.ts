import { randomUUID } from "node:crypto";
import { lstat, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { CommandError } from "./errors";
import { type Stack, StackCredentials, StackOutputs } from "./stack";

/** Where the local cloud listens on the loopback interface by default. */
export const LOCAL_PORT = 4566;

/** The page of the local cloud that names its run. It holds no secret: any program on this machine can read it. */
export const RUN_PATH = "/_local/run";

/** A stack that the user's other commands can find. */
export interface PublishedStack {
  /** What the page at `RUN_PATH` must answer while the stack runs. */
  run: LocalRun;
  /** A file of settings for the AWS CLI and the SDKs, with the operator's key. */
  awsFile: string;
  remove(): Promise<void>;
}

/**
 * Lets the commands of this user, and of no other, find the stack that the local cloud runs: with its keys, in files of
 * mode 0600 in a folder of mode 0700.
 * @throws CommandError if the folder is another user's, or open to others
 */
export async function publishLocalStack(
  port: number,
  { outputs, operator }: Required<Pick<Stack, "outputs" | "operator">>,
  temporaryFolder = tmpdir(),
): Promise<PublishedStack> {
  const { folder, stackFile, awsFile } = filesOf(port, temporaryFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await assertPrivate(folder);
  const remove = async () => {
    for (const file of [stackFile, awsFile]) await rm(file, { force: true });
  };
  // A local cloud that was killed has left its files.
  await remove();
  const run = randomUUID();
  const options = { mode: 0o600, flag: "wx" };
  await writeFile(awsFile, awsSettings(port, outputs, operator), options);
  await writeFile(stackFile, JSON.stringify({ run, outputs, operator }), options);
  return { run: { run }, awsFile, remove };
}

/**
 * Reads the outputs of the stack that this user's local cloud runs, and its operator's key.
 * @param port where it listens on the loopback interface
 * @throws CommandError if no local cloud of this user listens there
 */
export async function localStack(port: number, temporaryFolder = tmpdir()): Promise<Stack> {
  const endpoint = endpointOf(port);
  const published = await readPublished(filesOf(port, temporaryFolder));
  if (!published || (await runAt(endpoint)) !== published.run) {
    const option = port === LOCAL_PORT ? "" : ` -- --port ${port}`;
    throw new CommandError(`no local cloud runs at port ${port}; start it with \`npm run local${option}\``);
  }
  const { outputs, operator } = published;
  return { outputs, operator, endpoint };
}

const LocalRun = v.object({ run: v.string() });
type LocalRun = v.InferOutput<typeof LocalRun>;

const PublishedFile = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ ...LocalRun.entries, outputs: StackOutputs, operator: StackCredentials }),
);

async function readPublished({
  folder,
  stackFile,
}: Files): Promise<v.InferOutput<typeof PublishedFile> | undefined> {
  const text = await readFile(stackFile, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new CommandError(
      `${stackFile} cannot be read (${error.message}); remove it, and start \`npm run local\` again`,
    );
  });
  if (text === undefined) return undefined;
  await assertPrivate(folder);
  const published = v.safeParse(PublishedFile, text);
  return published.success ? published.output : undefined;
}

/** The run that the local cloud at this address names; undefined if there is none. */
async function runAt(endpoint: string): Promise<string | undefined> {
  const answer = await fetch(`${endpoint}${RUN_PATH}`, { signal: AbortSignal.timeout(10_000) })
    .then((response) => response.json())
    .catch(() => undefined);
  const run = v.safeParse(LocalRun, answer);
  return run.success ? run.output.run : undefined;
}

interface Files {
  folder: string;
  stackFile: string;
  awsFile: string;
}

function filesOf(port: number, temporaryFolder: string): Files {
  const folder = join(temporaryFolder, `real-time-stream-processing-${process.getuid?.() ?? "user"}`);
  return { folder, stackFile: join(folder, `${port}.json`), awsFile: join(folder, `${port}.aws`) };
}

/** Anybody may create a folder where temporary files are, by any name. Windows has no such modes. */
async function assertPrivate(folder: string): Promise<void> {
  const stats = await lstat(folder);
  const isPrivate = stats.isDirectory() && (stats.mode & 0o077) === 0 && stats.uid === process.getuid?.();
  if (process.platform !== "win32" && !isPrivate)
    throw new CommandError(
      `${folder} holds the local cloud's keys, and must be a folder of this user with mode 0700; remove it, or set TMPDIR to another folder`,
    );
}

/** Both the SDKs' kinds of file in one: settings and credentials. */
function awsSettings(
  port: number,
  { region }: StackOutputs,
  { accessKeyId, secretAccessKey }: StackCredentials,
): string {
  return `[default]
region = ${region}
endpoint_url = ${endpointOf(port)}
aws_access_key_id = ${accessKeyId}
aws_secret_access_key = ${secretAccessKey}
`;
}

function endpointOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}
