import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import dynalite from "dynalite";
import { type EventItem, TABLE_ATTRIBUTES } from "../../events/event-item";
import { close, listen } from "../../test-servers/listen";
import { emulatorAccess } from "./aws-access";

export interface DynamoDbEmulator {
  url: string;
  /** Creates a table with the keys of the event table, unless the changes say otherwise. */
  createTable(name: string, changes?: Partial<CreateTableCommandInput>): Promise<void>;
  /** All items of a table, by their sort key. */
  items(tableName: string): Promise<EventItem[]>;
  stop(): Promise<void>;
}

/** Starts dynalite in this process. */
export async function startDynamoDbEmulator(): Promise<DynamoDbEmulator> {
  const { partitionKey, sortKey } = TABLE_ATTRIBUTES;
  const server = dynalite({ createTableMs: 0 });
  const url = await listen(server);
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(emulatorAccess(url)));
  return {
    url,
    async createTable(TableName, changes) {
      await client.send(
        new CreateTableCommand({
          TableName,
          BillingMode: "PAY_PER_REQUEST",
          AttributeDefinitions: [partitionKey, sortKey].map((AttributeName) => ({
            AttributeName,
            AttributeType: "S",
          })),
          KeySchema: [
            { AttributeName: partitionKey, KeyType: "HASH" },
            { AttributeName: sortKey, KeyType: "RANGE" },
          ],
          ...changes,
        }),
      );
      await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.1 }, { TableName });
    },
    async items(TableName) {
      const { Items = [] } = await client.send(new ScanCommand({ TableName }));
      return (Items as EventItem[]).sort((a, b) => a.Id.localeCompare(b.Id));
    },
    async stop() {
      client.destroy();
      await close(server);
    },
  };
}
