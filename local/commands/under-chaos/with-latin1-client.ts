import { systemClock } from "../../../shared/clock";
import type { Chaos } from "../../chaos/chaos";
import type { LocalCloud } from "../../cloud/local-cloud";
import { createClients } from "../../gateway/clients";
import type { StepLog } from "../step-log";
import { putLatin1Posts } from "./latin1-client";
import { untilStruck } from "./until-struck";

/** A run under chaos. */
export interface ChaosRun {
  cloud: Pick<LocalCloud, "endpoint" | "outputs">;
  chaos: Pick<Chaos, "missing">;
  steps: StepLog;
  /** Whether the producer has put its first record. */
  isProducing(): Promise<boolean>;
  /** Where the receipts of the broken client's posts go. */
  receiptsFile: string;
  /** Ends the wait for faults. */
  signal: AbortSignal;
}

/**
 * Produces while a broken client puts posts in Latin-1 on the stream, which the function must reject. The client begins
 * after the producer, and continues until every kind of fault has struck, so that even a run of few records meets them
 * all.
 */
export async function withLatin1Client<T>(
  { cloud, chaos, steps, isProducing, receiptsFile, signal }: ChaosRun,
  produce: () => Promise<T>,
): Promise<T> {
  const { stream_name: streamName, region, access_key_id, secret_access_key } = cloud.outputs;
  const key = { accessKeyId: access_key_id, secretAccessKey: secret_access_key };
  const { kinesis } = createClients(cloud.endpoint, region, key);
  const produced = new AbortController();
  const ended = new AbortController();
  const putting = until(isProducing, produced.signal).then(() =>
    putLatin1Posts({ kinesis, streamName, receiptsFile }, ended.signal),
  );
  try {
    const result = await produce();
    produced.abort();
    if (chaos.missing().length > 0)
      await steps.run(
        "faults",
        () => untilStruck(chaos, signal),
        (missing) =>
          missing.length === 0 ? "every kind has struck" : `not all have struck: ${missing.join(", ")}`,
        () => `${chaos.missing().length} kinds have not struck yet`,
      );
    return result;
  } finally {
    produced.abort();
    ended.abort();
    await putting;
    kinesis.destroy();
  }
}

async function until(condition: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await condition())) await systemClock.sleep(POLL_MS, signal);
}

const POLL_MS = 100;
