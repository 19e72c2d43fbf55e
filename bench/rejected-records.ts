import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { KinesisStreamRecord } from "aws-lambda";
import { processBatch } from "../functions/event-processor/batch-processor";
import { EventWriter } from "../functions/event-processor/event-writer";
import { RejectionStore } from "../functions/event-processor/rejection-store";
import { createClients } from "../local/gateway/clients";
import { startEmulators } from "../local/gateway/emulators";
import { compare } from "./compare";
import { loopbackEndpoint } from "./loopback-endpoint";
import { batchOf, bytesOf, posts } from "./records";

const GOOD = 500;
const TableName = "bench";
const bucketName = "bench";

/** How fast good records are stored when the function rejects others of the batch. */
export async function benchRejectedRecords(): Promise<void> {
  const emulators = await startEmulators();
  const credentials = { accessKeyId: "bench", secretAccessKey: "bench" };
  const tableEndpoint = await loopbackEndpoint(emulators.sockets.dynamodb);
  const { dynamodb } = createClients(tableEndpoint, "us-east-1", credentials);
  const { s3 } = createClients(await loopbackEndpoint(emulators.sockets.s3), "us-east-1", credentials);
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["Username", "Id"].map((AttributeName) => ({
        AttributeName,
        AttributeType: "S",
      })),
      KeySchema: [
        { AttributeName: "Username", KeyType: "HASH" },
        { AttributeName: "Id", KeyType: "RANGE" },
      ],
    }),
  );
  await s3.send(new CreateBucketCommand({ Bucket: bucketName }));

  const writer = new EventWriter(DynamoDBDocumentClient.from(dynamodb), TableName);
  const rejections = new RejectionStore({ bucketName, processorVersion: "bench", client: s3 });
  const parts = { writer, loadRejectionStore: async () => rejections, timeToLiveDays: 0 };
  const forever = new AbortController().signal;
  const store = (records: readonly KinesisStreamRecord[]) =>
    processBatch(records, parts, { writing: forever, settingAside: forever });

  const clean = batchOf(mixed(0));
  const onePercent = batchOf(mixed(0.01));
  const twentyPercent = batchOf(mixed(0.2));
  await compare("Storing good records", [
    { name: "clean batch", records: GOOD, run: () => store(clean) },
    { name: "with 1 % rejected", records: GOOD, run: () => store(onePercent) },
    { name: "with 20 % rejected", records: GOOD, run: () => store(twentyPercent) },
  ]);
  await emulators.stop();
}

/** The same good records, mixed with some that the function rejects. @param share of these, from 0 to less than 1 */
function mixed(share: number): Buffer[] {
  const good = posts(GOOD).map(bytesOf);
  const bad = Math.round((GOOD * share) / (1 - share));
  const every = bad === 0 ? Number.POSITIVE_INFINITY : Math.floor(GOOD / bad);
  return good.flatMap((bytes, number) =>
    number % every === every - 1 ? [bytes, Buffer.from("{broken")] : [bytes],
  );
}
