import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import type { InvocationOutcome } from "../../local/lambda/invocation-outcome";
import { ARRIVAL, kinesisRecord } from "./kinesis-event";

/** How a function reacts to an invocation. */
export type Reaction = (event: KinesisStreamEvent) => Promise<InvocationOutcome>;

/** The function returns this. */
export const respond =
  (response: unknown): Reaction =>
  async () => ({ ok: true, requestId: "request", response });

export const succeed: Reaction = respond({ batchItemFailures: [] });

/** The function fails: it throws, runs out of time or dies. */
export const fail: Reaction = async () => ({
  ok: false,
  requestId: "request",
  error: { errorType: "Error", errorMessage: "it failed" },
});

/** The function cannot be run. */
export const throttle: Reaction = () => Promise.reject(new Error("Rate Exceeded."));

/** The function reports the records with these letters as failed. */
export const reportFailed =
  (letters: string): Reaction =>
  async (event) => {
    const failed = event.Records.filter((record) => letters.includes(lettersOf([record])));
    const batchItemFailures = failed.map(({ kinesis }) => ({ itemIdentifier: kinesis.sequenceNumber }));
    return { ok: true, requestId: "request", response: { batchItemFailures } };
  };

/** A batch with one record for each letter; their sequence numbers ascend. */
export function batchOf(letters: string, { arrival = ARRIVAL } = {}): KinesisStreamRecord[] {
  return [...letters].map((letter, index) =>
    kinesisRecord(letter, { sequenceNumber: String(98 + index), arrival }),
  );
}

/** The data of records, in order. */
export function lettersOf(records: readonly KinesisStreamRecord[]): string {
  return records.map(({ kinesis }) => Buffer.from(kinesis.data, "base64").toString()).join("");
}
