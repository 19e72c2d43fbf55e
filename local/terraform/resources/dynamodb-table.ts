import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { defineResource } from "../resource-type";

/** A table with its keys; the capacity, the time to live and the backups mean nothing on one machine. */
export const dynamodbTable = defineResource({
  arguments: v.object({
    name: v.string(),
    hash_key: v.string(),
    range_key: v.optional(v.string()),
    attribute: v.array(v.object({ name: v.string(), type: v.picklist(["S", "N", "B"]) })),
  }),

  async create({ name, hash_key, range_key, attribute }, { account, clients }) {
    await clients.dynamodb.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: attribute.map(({ name, type }) => ({
          AttributeName: name,
          AttributeType: type,
        })),
        KeySchema: [
          { AttributeName: hash_key, KeyType: "HASH" },
          ...(range_key === undefined ? [] : [{ AttributeName: range_key, KeyType: "RANGE" as const }]),
        ],
      }),
    );
    return { id: name, name, arn: account.arn("dynamodb", `table/${name}`) };
  },
});
