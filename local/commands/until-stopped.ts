import { once } from "node:events";
import { INTERRUPTIONS } from "../../shared/interruption";

/** Resolves on Ctrl-C, SIGTERM or SIGHUP. */
export async function untilStopped(): Promise<void> {
  await Promise.race(INTERRUPTIONS.map((signal) => once(process, signal)));
}
