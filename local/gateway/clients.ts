import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { S3Client } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { AccessKey } from "./local-account";

/** The SDK's clients for one caller of the local cloud. */
export interface Clients {
  kinesis: KinesisClient;
  dynamodb: DynamoDBClient;
  s3: S3Client;
}

/** Makes clients that call the endpoint under an access key, like a program outside. */
export function createClients(
  endpoint: string,
  region: string,
  credentials: AccessKey,
  options: { maxAttempts?: number } = {},
): Clients {
  // The SDK writes into the object that it is given.
  const settings = { ...options, endpoint, region, credentials: { ...credentials } };
  return {
    // The SDK's default, HTTP/2 with a session per request, costs more than it brings on loopback.
    kinesis: new KinesisClient({ ...settings, requestHandler: new NodeHttpHandler() }),
    dynamodb: new DynamoDBClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
  };
}
