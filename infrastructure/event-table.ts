import { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table";
import type { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";
import { allowRole } from "./inline-policy";
import type { StackSettings } from "./stack-settings";

/** The DynamoDB table that holds one item per event. */
export class EventTable extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, settings: StackSettings) {
    super(scope, id);

    const table = new DynamodbTable(this, "Default", {
      name: `${settings.stackName}-EventData`,
      billingMode: "PAY_PER_REQUEST",
      hashKey: "Username",
      rangeKey: "Id",
      attribute: [
        { name: "Username", type: "S" },
        { name: "Id", type: "S" },
      ],
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: settings.protectData,
      ...(settings.timeToLiveDays > 0 && { ttl: { attributeName: "ExpiresAt", enabled: true } }),
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
