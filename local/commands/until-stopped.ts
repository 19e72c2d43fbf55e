import { once } from "node:events";

/** Resolves with Ctrl-C, or with SIGTERM. */
export async function untilStopped(): Promise<void> {
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
}
