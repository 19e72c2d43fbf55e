import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { CommandError } from "../../shared/errors";

const SERVICES = ["kinesis", "dynamodb", "s3"] as const;

/** The services that the local cloud runs: kinesalite, dynalite and fauxqs, each an npm package. */
export type Service = (typeof SERVICES)[number];

/** Running emulators. */
export interface Emulators {
  /** The Unix sockets (on Windows, the named pipes) where they listen; they have no port that others could reach. */
  sockets: Record<Service, string>;
  /** Their processes. */
  processes: Record<Service, number>;
  /** The folder, for this user only, with the sockets. It is deleted when they end. */
  folder: string;
  /** Rejects with a CommandError as soon as an emulator ends before `stop`: what it held is lost. */
  failure: Promise<never>;
  stop(): Promise<void>;
}

export interface EmulatorOptions {
  /** The region in the ARNs that they answer. */
  region?: string;
  /** The folder that theirs is created in. Defaults to the system's for temporary files. */
  parentFolder?: string;
}

/**
 * Starts every emulator, empty, each in a process of its own.
 * @throws CommandError when one does not start; the others are stopped
 */
export async function startEmulators({
  region = "us-east-1",
  parentFolder = tmpdir(),
}: EmulatorOptions = {}): Promise<Emulators> {
  const folder = mkdtempSync(join(parentFolder, "local-cloud-"));
  const started: EmulatorProcess[] = [];
  const deleteFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  // Where this process ends without a stop, but not by SIGKILL.
  const onExit = () => {
    for (const emulator of started) void emulator.stop();
    deleteFolder();
  };
  process.once("exit", onExit);
  const stop = async () => {
    await Promise.all(started.map((emulator) => emulator.stop()));
    deleteFolder();
    process.off("exit", onExit);
  };
  try {
    for (const service of SERVICES) started.push(new EmulatorProcess(service, folder, region));
    await Promise.all(started.map((emulator) => emulator.ready));
  } catch (error) {
    await stop();
    throw error;
  }
  const failure = Promise.race(started.map((emulator) => emulator.failure));
  failure.catch(() => undefined);
  return {
    sockets: byService(started, ({ socket }) => socket),
    processes: byService(started, ({ pid }) => pid),
    folder,
    failure,
    stop,
  };
}

/** How many of the last characters that a process printed are kept: enough for the error that ended it. */
const MOST_PRINTED = 10_000;

/** One emulator and its process. */
class EmulatorProcess {
  readonly socket: string;
  /** Resolves when it listens. */
  readonly ready: Promise<void>;
  /** Rejects when it ends and `stop` was not called. */
  readonly failure: Promise<never>;
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  #isStopping = false;

  constructor(
    readonly service: Service,
    folder: string,
    region: string,
  ) {
    this.socket = socketPath(folder, service);
    this.#process = fork(join(__dirname, "emulator-process.mjs"), [service, this.socket, folder], {
      execArgv: ["--no-warnings"],
      env: environment(region),
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let printed = "";
    this.#process.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      printed = (printed + chunk).slice(-MOST_PRINTED);
    });
    this.#ended = once(this.#process, "close");
    this.failure = this.#ended.then(() => {
      if (this.#isStopping) return NEVER;
      const { exitCode, signalCode } = this.#process;
      const end = signalCode ? `by signal ${signalCode}` : `with exit code ${exitCode}`;
      throw new CommandError(describeEnd(service, end, printed));
    });
    this.failure.catch(() => undefined);
    const listening = once(this.#process, "message");
    this.ready = Promise.race([listening, this.failure]).then(() => undefined);
    this.ready.catch(() => undefined);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Ends the process at once: it holds nothing that is to be kept. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#process.kill("SIGKILL");
    await this.#ended.catch(() => undefined);
  }
}

const NEVER = new Promise<never>(() => undefined);

function byService<Value>(
  emulators: readonly EmulatorProcess[],
  choose: (emulator: EmulatorProcess) => Value,
): Record<Service, Value> {
  return Object.fromEntries(emulators.map((emulator) => [emulator.service, choose(emulator)])) as Record<
    Service,
    Value
  >;
}

/** The longest path of a socket: macOS takes 104 bytes, the last of them zero. */
const LONGEST_SOCKET_BYTES = 103;

/** @throws CommandError when the folder's path is too long for a socket */
function socketPath(folder: string, service: Service): string {
  if (process.platform === "win32") return `\\\\.\\pipe\\${basename(folder)}-${service}`;
  const path = join(folder, service);
  if (Buffer.byteLength(path) > LONGEST_SOCKET_BYTES)
    throw new CommandError(
      `the path of the socket ${path} is longer than the ${LONGEST_SOCKET_BYTES} bytes that a socket may have; set TMPDIR to a folder with a shorter path`,
    );
  return path;
}

/**
 * Nothing of this process's own environment, which may hold the user's AWS keys and other tokens: only the region of
 * the answered ARNs, and what Windows needs to start a process.
 */
function environment(region: string): NodeJS.ProcessEnv {
  const { SystemRoot } = process.env;
  return { AWS_REGION: region, ...(SystemRoot !== undefined && { SystemRoot }) };
}

/** @param printed what the process wrote to standard error, whose first error is why it ended */
function describeEnd(service: Service, end: string, printed: string): string {
  const [cause] = /^(?:\w*Error\b|FATAL ERROR).*$/m.exec(printed) ?? [];
  return (
    `the ${service} emulator ended ${end}${cause ? ` (${cause})` : ""}, and what it held is lost; ` +
    "start again, and if it ends again, look for what kills it: the system's log says if memory ran out"
  );
}
