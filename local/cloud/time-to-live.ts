import { DeleteItemCommand, type DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import type { Clock } from "../../shared/clock";
import type { ExpiringTable } from "../terraform/resource-type";

/** How often expired items are looked for. DynamoDB itself only promises to delete them within a few days. */
const INTERVAL_MS = 3_600_000;

/**
 * Deletes the items of tables once their time to live has passed, until `stop` is called.
 * @param onProblem called when a pass fails; the next one is an hour later
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 */
export function startTimeToLive(
  tables: readonly ExpiringTable[],
  client: DynamoDBClient,
  clock: Clock,
  onProblem: (message: string) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async () => {
    for (;;) {
      await clock.sleep(INTERVAL_MS, signal);
      for (const table of tables) {
        if (signal.aborted) return;
        await deleteExpired(table, client, clock.now(), signal).catch((error: Error) => {
          if (!signal.aborted)
            onProblem(`the expired items of ${table.name} cannot be deleted: ${error.message}`);
        });
      }
    }
  };
  const running = tables.length > 0 ? run() : Promise.resolve();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** DynamoDB takes a time more than five years ago for a mistake, and keeps the item. */
const LONGEST_AGO_SECONDS = 5 * 365 * 86_400;

async function deleteExpired(
  { name: TableName, keys, expiry }: ExpiringTable,
  client: DynamoDBClient,
  nowMs: number,
  abortSignal: AbortSignal,
): Promise<void> {
  const nowSeconds = Math.floor(nowMs / 1000);
  // Compared with a number, an attribute of another type is never less or greater.
  const isExpired = "#expiry < :now AND #expiry > :longAgo";
  const values = {
    ExpressionAttributeValues: {
      ":now": { N: String(nowSeconds) },
      ":longAgo": { N: String(nowSeconds - LONGEST_AGO_SECONDS) },
    },
  };
  const names = Object.fromEntries(keys.map((key, i) => [`#key${i}`, key]));
  const pages = paginateScan(
    { client },
    {
      TableName,
      FilterExpression: isExpired,
      ProjectionExpression: Object.keys(names).join(", "),
      ExpressionAttributeNames: { "#expiry": expiry, ...names },
      ...values,
    },
  );
  for await (const { Items = [] } of pages)
    for (const Key of Items) {
      if (abortSignal.aborted) return;
      // Only if it is still expired: it may have been written again meanwhile.
      const condition = { ConditionExpression: isExpired, ExpressionAttributeNames: { "#expiry": expiry } };
      await client
        .send(new DeleteItemCommand({ TableName, Key, ...condition, ...values }), { abortSignal })
        .catch((error: Error) => {
          if (error.name !== "ConditionalCheckFailedException") throw error;
        });
    }
}
