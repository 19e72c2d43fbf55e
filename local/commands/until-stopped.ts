import { once } from "node:events";

/** Resolves on Ctrl-C or SIGTERM. */
export async function untilStopped(): Promise<void> {
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
}
