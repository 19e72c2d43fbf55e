import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach } from "@jest/globals";
import {
  type EntryPointRun,
  type Redirections,
  type RunningEntryPoint,
  runEntryPoint,
  startEntryPoint,
} from "./entry-point";
import { type KinesisServer, STREAM_NAME, startKinesisServer } from "./kinesis-server";
import { post } from "./posts";
import { useTemporaryDirectory } from "./temporary-directory";

const CLI = "producer/cli.ts";

/** The producer's secret, which nobody may see. */
export const SECRET = "a-secret-that-nobody-may-see";

/** The producer's command line, with a stream of its own and an empty directory to run in, for every test of a file. */
export interface ProducerFixture {
  readonly kinesis: KinesisServer;
  readonly directory: string;
  /** Runs the producer to its end. */
  produce(args: readonly string[], stdin?: string | Buffer): Promise<EntryPointRun>;
  /** Starts the producer. */
  start(args: readonly string[], redirections?: Redirections): RunningEntryPoint;
  /** Writes a file into the directory, and returns its name. */
  input(name: string, ...parts: (string | Buffer)[]): string;
  /** The data of the records on the stream, as text. */
  storedData(): Promise<string[]>;
  /** The names of the rejects files in the directory. */
  rejectsFiles(): string[];
  /** What is in the only rejects file. */
  rejects(): Buffer;
}

export function useProducer(): ProducerFixture {
  const temporary = useTemporaryDirectory();
  let kinesis: KinesisServer;
  beforeEach(async () => {
    kinesis = await startKinesisServer();
  });
  afterEach(() => kinesis.stop());

  const options = () => ({
    cwd: temporary.path,
    env: {
      PRODUCER_STREAM_NAME: STREAM_NAME,
      PRODUCER_REGION: "eu-west-1",
      PRODUCER_ACCESS_KEY_ID: "AKIATEST",
      PRODUCER_SECRET_ACCESS_KEY: SECRET,
      PRODUCER_ENDPOINT_URL: kinesis.url,
    },
  });
  const rejectsFiles = () => readdirSync(temporary.path).filter((name) => name.includes(".rejects-"));

  return {
    get kinesis() {
      return kinesis;
    },
    get directory() {
      return temporary.path;
    },
    produce: (args, stdin) =>
      runEntryPoint(CLI, args, { ...options(), ...(stdin !== undefined && { stdin }) }),
    start: (args, redirections = {}) => startEntryPoint(CLI, args, { ...options(), redirections }),
    input(name, ...parts) {
      writeFileSync(path.join(temporary.path, name), Buffer.concat(parts.map((part) => Buffer.from(part))));
      return name;
    },
    storedData: async () => (await kinesis.records()).map(({ data }) => data.toString()),
    rejectsFiles,
    rejects() {
      const [name = ""] = rejectsFiles();
      return readFileSync(path.join(temporary.path, name));
    },
  };
}

/** An event as a line of a file, with other values where they are given. */
export function line(values: Parameters<typeof post>[0] = {}): string {
  return `${JSON.stringify(post(values))}\n`;
}
