import { DescribeStreamSummaryCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { CommandError } from "../cli/command";
import type { StreamConfiguration } from "./configuration";
import { fatalError, isTransient } from "./kinesis-errors";

/** How long a call may take before it counts as failed. A call of 5 MiB takes 40 s at 1 Mbit/s. */
const REQUEST_TIMEOUT_MS = 60_000;
const CONNECTION_TIMEOUT_MS = 5_000;

/**
 * A Kinesis client for the producer.
 *
 * The SDK's Kinesis client speaks HTTP/2 by default, opens a session for every request, and fails against a server
 * that speaks plain HTTP/1.1, as emulators do. HTTP/1.1 with connections kept alive is faster here, and works with
 * both.
 * @param maxAttempts how often the SDK itself tries a call; 1 where the caller retries
 */
export function streamClient(configuration: StreamConfiguration, maxAttempts: number): KinesisClient {
  const { region, credentials, endpoint } = configuration;
  return new KinesisClient({
    region,
    credentials,
    ...(endpoint !== undefined && { endpoint }),
    maxAttempts,
    requestHandler: new NodeHttpHandler({
      httpAgent: { keepAlive: true },
      httpsAgent: { keepAlive: true },
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    }),
  });
}

/**
 * Sees whether the stream is there and knows the credentials, before anything is read from the source: a source
 * may be a pipe that cannot be read twice.
 * @throws CommandError that says what to do
 */
export async function checkStream(configuration: StreamConfiguration): Promise<void> {
  const client = streamClient(configuration, 3);
  try {
    await client.send(new DescribeStreamSummaryCommand({ StreamName: configuration.streamName }));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // A key of one's own may be allowed to put records and nothing else.
    if (error.name === "AccessDeniedException") return;
    if (isTransient(error))
      throw new CommandError(
        `Kinesis cannot be reached at ${configuration.endpoint ?? `its address in ${configuration.region}`}: ${error.message || error.name}`,
      );
    throw fatalError(error, configuration);
  } finally {
    client.destroy();
  }
}
