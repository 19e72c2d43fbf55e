import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from "aws-lambda";
import { processBatch } from "./batch-processor";
import { reportBatch } from "./batch-report";
import { clientSettings } from "./client-settings";
import { EventWriter } from "./event-writer";
import { readFunctionSettings } from "./function-settings";
import type { RejectionStore } from "./rejection-store";
import { timeBudget } from "./time-budget";

const settings = readFunctionSettings(process.env);
const logger = new Logger();
const metrics = new Metrics();
const writer = new EventWriter(
  DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings)),
  settings.tableName,
);
let rejectionStore: RejectionStore | undefined;

/** Lambda's entry point: processes a batch of Kinesis records, and returns those that Lambda must retry. */
export async function handler(
  event: KinesisStreamEvent,
  context: Context,
): Promise<KinesisStreamBatchResponse> {
  logger.addContext(context);
  const budget = timeBudget(context.getRemainingTimeInMillis());
  const result = await processBatch(
    event.Records,
    { writer, loadRejectionStore, timeToLiveDays: settings.timeToLiveDays },
    {
      writing: AbortSignal.timeout(budget.writingMs),
      settingAside: AbortSignal.timeout(budget.settingAsideMs),
    },
  );
  reportBatch(event.Records, result, { logger, metrics });
  return { batchItemFailures: result.failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

async function loadRejectionStore(): Promise<RejectionStore> {
  if (!rejectionStore) {
    const { RejectionStore } = await import("./rejection-store");
    rejectionStore = new RejectionStore({
      bucketName: settings.failureBucketName,
      processorVersion: settings.processorVersion,
    });
  }
  return rejectionStore;
}
