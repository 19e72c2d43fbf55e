import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { S3Client } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { AccessKey } from "./local-account";

/** The SDK's clients of one caller of the local cloud. */
export interface Clients {
  kinesis: KinesisClient;
  dynamodb: DynamoDBClient;
  s3: S3Client;
}

/** Creates clients that call the endpoint with an access key, as any program would. */
export function createClients(
  endpoint: string,
  region: string,
  credentials: AccessKey,
  options: { maxAttempts?: number } = {},
): Clients {
  // The SDK modifies the object that it gets.
  const settings = { ...options, endpoint, region, credentials: { ...credentials } };
  return {
    // The SDK's default, HTTP/2 with a session per request, costs more than it saves on loopback.
    kinesis: new KinesisClient({ ...settings, requestHandler: new NodeHttpHandler() }),
    dynamodb: new DynamoDBClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
  };
}
