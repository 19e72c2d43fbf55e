import { DescribeStreamSummaryCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { isTransient } from "../shared/aws-errors";
import { CommandError } from "../shared/errors";
import { PiecewiseHandler } from "../shared/piecewise-handler";
import { type Caller, fatalError, type StreamAddress } from "./kinesis-errors";

/** Where a stream is, and the credentials to call it with; they default to those that the SDK's default chain finds. */
export interface StreamAccess extends StreamAddress {
  credentials?: { accessKeyId: string; secretAccessKey: string } | undefined;
}

/** What no other stream has: its ARN, which names the account, and when it was created (ISO 8601). */
export interface StreamIdentity {
  arn: string;
  createdAt: string;
}

/**
 * A Kinesis client that puts records.
 *
 * The SDK's Kinesis client speaks HTTP/2 by default, opens a session for every request, and fails against a server
 * that speaks plain HTTP/1.1, as emulators do. HTTP/1.1 with connections kept alive is faster here, and works with
 * both.
 * @param maxAttempts how many times the SDK itself tries a call; 1 if the caller retries
 * @param silenceMs for how long nothing may arrive or leave before a call times out
 */
export function streamClient(
  access: Omit<StreamAccess, "streamName">,
  maxAttempts: number,
  silenceMs = SILENCE_MS,
): KinesisClient {
  const { region, credentials, endpoint } = access;
  return new KinesisClient({
    region,
    ...(credentials !== undefined && { credentials }),
    ...(endpoint !== undefined && { endpoint }),
    maxAttempts,
    requestHandler: new PiecewiseHandler({
      httpAgent: { keepAlive: true },
      httpsAgent: { keepAlive: true },
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      socketTimeout: silenceMs,
    }),
  });
}

/** The limit is on silence: the whole call may take as long as a slow uplink needs, 40 s for 5 MiB at 1 Mbit/s. */
const SILENCE_MS = 30_000;
const CONNECTION_TIMEOUT_MS = 5_000;

/** Up to about three seconds of retries: a passing fault must not end a run before it starts; a lasting one should. */
const CHECK_ATTEMPTS = 6;

/**
 * Checks that the stream exists and accepts the credentials, before anything is read: what is read may be a pipe that
 * cannot be read twice.
 * @returns what tells the stream from one of the same name; undefined if the credentials may not ask
 * @throws CommandError that says what to do
 */
export async function checkStream(access: StreamAccess, caller: Caller): Promise<StreamIdentity | undefined> {
  const client = streamClient(access, CHECK_ATTEMPTS);
  try {
    const { StreamDescriptionSummary: { StreamARN: arn, StreamCreationTimestamp: createdAt } = {} } =
      await client.send(new DescribeStreamSummaryCommand({ StreamName: access.streamName }));
    return arn && createdAt ? { arn, createdAt: createdAt.toISOString() } : undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // The credentials may allow nothing but to put records.
    if (error.name === "AccessDeniedException") return undefined;
    if (isTransient(error))
      throw new CommandError(
        `Kinesis cannot be reached at ${access.endpoint ?? `its address in ${access.region}`}: ${error.message || error.name}`,
      );
    throw fatalError(error, access, caller);
  } finally {
    client.destroy();
  }
}
