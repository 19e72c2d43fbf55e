import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { CreateStreamCommand } from "@aws-sdk/client-kinesis";
import { createClients } from "../local/gateway/clients";
import { startEmulators } from "../local/gateway/emulators";
import { BEARER_TOKEN, startXServer, streamedPost } from "../test-servers/x-server";
import { loopbackEndpoint } from "./loopback-endpoint";

const POSTS_PER_SECOND = 2000;
const SECONDS = 10;
const STEP_MS = 10;
const POST_COUNT = POSTS_PER_SECOND * SECONDS;

/**
 * Runs the producer on one core while X streams 2,000 posts a second. It keeps up if it reads them at that rate and
 * every one is acknowledged.
 */
export async function benchStreaming(): Promise<void> {
  const emulators = await startEmulators();
  const endpoint = await loopbackEndpoint(emulators.sockets.kinesis);
  const { kinesis } = createClients(endpoint, "us-east-1", {
    accessKeyId: "bench",
    secretAccessKey: "bench",
  });
  await kinesis.send(new CreateStreamCommand({ StreamName: "bench", ShardCount: 1 }));
  const x = await startXServer();
  let seconds = 0;
  x.behave((response) => {
    void sendSteadily(response).then((took) => {
      seconds = took;
    });
  });

  const summary = await runProducer({
    X_API_URL: x.url,
    X_BEARER_TOKEN: BEARER_TOKEN,
    NODE_EXTRA_CA_CERTS: x.certificate.file,
    PRODUCER_STREAM_NAME: "bench",
    PRODUCER_REGION: "us-east-1",
    PRODUCER_ACCESS_KEY_ID: "bench",
    PRODUCER_SECRET_ACCESS_KEY: "bench",
    PRODUCER_ENDPOINT_URL: endpoint,
  });
  await x.stop();
  await emulators.stop();
  const rate = Math.round(POST_COUNT / seconds).toLocaleString("en-US");
  process.stdout.write(
    `Streaming from X on one core: ${summary.acknowledged} of ${POST_COUNT} posts acknowledged, read at ${rate} of ${POSTS_PER_SECOND} a second\n`,
  );
}

/**
 * Sends the posts in small steps, each when it is due and the one before has been read.
 * @returns the seconds that it took
 */
async function sendSteadily(response: ServerResponse): Promise<number> {
  const step = (POSTS_PER_SECOND * STEP_MS) / 1000;
  const started = performance.now();
  for (let sent = 0; sent < POST_COUNT; sent += step) {
    const due = started + (sent / POSTS_PER_SECOND) * 1000;
    await setTimeout(Math.max(0, due - performance.now()));
    const posts = Array.from({ length: step }, (_, number) => streamedPost({ id: String(sent + number) }));
    if (!response.write(posts.join(""))) await once(response, "drain");
  }
  return (performance.now() - started) / 1000;
}

/** Runs the producer, bound to one core on Linux. @returns its summary */
async function runProducer(environment: Record<string, string>): Promise<{ acknowledged: number }> {
  const command = [process.execPath, "--import", "tsx", "producer/cli.ts"];
  const args = ["--source", "x", "--track", "bench", "--max-posts", String(POST_COUNT), "--json"];
  const [program = "", ...rest] = process.platform === "linux" ? ["taskset", "-c", "0", ...command] : command;
  const child = spawn(program, [...rest, ...args], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(await text(child.stdout));
}
