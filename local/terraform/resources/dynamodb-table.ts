import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { block, defineResource } from "../resource-type";

/** A table with its keys and its time to live. */
export const dynamodbTable = defineResource({
  arguments: {
    name: v.string(),
    hash_key: v.string(),
    range_key: v.optional(v.string()),
    attribute: v.array(block({ name: v.string(), type: v.picklist(["S", "N", "B"]) })),
    ttl: v.optional(
      block({ attribute_name: v.optional(v.string(), ""), enabled: v.optional(v.boolean(), false) }),
    ),
  },
  harmless: {
    billing_mode: "nothing is charged, and the table never throttles by itself",
    read_capacity: "the table never throttles by itself",
    write_capacity: "the table never throttles by itself",
    table_class: "it changes the price only",
    point_in_time_recovery: "the local cloud keeps nothing beyond its end",
    deletion_protection_enabled: "the local cloud keeps nothing beyond its end",
    server_side_encryption: "its files are for their user only, and are deleted at the end",
  },

  async create({ name, hash_key, range_key, attribute, ttl }, { account, clients, expiringTables }) {
    const keys = range_key === undefined ? [hash_key] : [hash_key, range_key];
    await clients.dynamodb.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: attribute.map(({ name, type }) => ({
          AttributeName: name,
          AttributeType: type,
        })),
        KeySchema: keys.map((key) => ({ AttributeName: key, KeyType: key === hash_key ? "HASH" : "RANGE" })),
      }),
    );
    if (ttl?.enabled) expiringTables.push({ name, keys, expiry: ttl.attribute_name });
    return { id: name, name, arn: account.arn("dynamodb", `table/${name}`) };
  },
});
