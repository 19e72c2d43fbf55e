import { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table";
import type { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";
import { TABLE_ATTRIBUTES } from "../events/event-item";
import { allowRole } from "./inline-policy";
import type { StackSettings } from "./stack-settings";

/** The DynamoDB table that holds one item per event. */
export class EventTable extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, settings: StackSettings) {
    super(scope, id);
    const { partitionKey, sortKey, expiry } = TABLE_ATTRIBUTES;

    const table = new DynamodbTable(this, "Default", {
      name: `${settings.stackName}-EventData`,
      billingMode: "PAY_PER_REQUEST",
      hashKey: partitionKey,
      rangeKey: sortKey,
      attribute: [partitionKey, sortKey].map((name) => ({ name, type: "S" })),
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: settings.protectData,
      ...(settings.timeToLiveDays > 0 && { ttl: { attributeName: expiry, enabled: true } }),
    });
    this.name = table.name;
    this.arn = table.arn;
  }

  /** Lets a function's role write items in batches. */
  grantBatchWrite(role: IamRole): IamRolePolicy {
    return allowRole(role, "write-event-table", {
      actions: ["dynamodb:BatchWriteItem"],
      resources: [this.arn],
    });
  }
}
