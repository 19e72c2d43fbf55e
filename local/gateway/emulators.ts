import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as v from "valibot";

const SERVICES = ["kinesis", "dynamodb", "s3"] as const;

/** The services that the local cloud runs: kinesalite, dynalite and fauxqs, each an npm package. */
export type Service = (typeof SERVICES)[number];

/** The emulators' ports on loopback. */
export interface Emulators {
  ports: Record<Service, number>;
  stop(): Promise<void>;
}

/** Starts every emulator, empty, each in a process of its own. */
export async function startEmulators(): Promise<Emulators> {
  const started = await Promise.all(SERVICES.map(startEmulator));
  const [kinesis, dynamodb, s3] = started.map(({ port }) => port) as [number, number, number];
  return {
    ports: { kinesis, dynamodb, s3 },
    stop: async () => {
      await Promise.all(started.map(({ stop }) => stop()));
    },
  };
}

const Ready = v.object({ port: v.number() });

async function startEmulator(service: Service): Promise<{ port: number; stop: () => Promise<void> }> {
  const child = fork(join(__dirname, "emulator-process.mjs"), [service], { execArgv: ["--no-warnings"] });
  const exited = once(child, "exit");
  const message = await Promise.race([
    once(child, "message").then(([ready]) => v.parse(Ready, ready)),
    exited.then(([code]) =>
      Promise.reject(
        new Error(`the ${service} emulator did not start: its process ended with exit code ${code}`),
      ),
    ),
  ]);
  return {
    port: message.port,
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
