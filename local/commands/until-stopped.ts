import { once } from "node:events";
import { INTERRUPTIONS } from "../../shared/interruption";
import type { LocalCloud } from "../cloud/local-cloud";

/**
 * Resolves on Ctrl-C, SIGTERM or SIGHUP.
 * @throws CommandError as soon as the cloud cannot continue
 */
export async function untilStopped({ failure }: LocalCloud): Promise<void> {
  await Promise.race([...INTERRUPTIONS.map((signal) => once(process, signal)), failure]);
}
