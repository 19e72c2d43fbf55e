import type { DataAwsIamPolicyDocumentStatement } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import type { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { IamUser } from "@cdktf/provider-aws/lib/iam-user";
import type { IamUserPolicy } from "@cdktf/provider-aws/lib/iam-user-policy";
import { KinesisStream } from "@cdktf/provider-aws/lib/kinesis-stream";
import { Construct } from "constructs";
import { allowRole, allowUser } from "./inline-policy";
import type { StackSettings } from "./stack-settings";

/** The Kinesis stream that carries the events. */
export class EventStream extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, settings: StackSettings) {
    super(scope, id);
    const { stackName, streamMode, shardCount, retentionHours } = settings;

    const stream = new KinesisStream(this, "Default", {
      name: `${stackName}-EventStream`,
      streamModeDetails: { streamMode },
      ...(streamMode === "PROVISIONED" && { shardCount }),
      retentionPeriod: retentionHours,
      // The key that AWS manages costs nothing, and neither producer nor consumer needs a KMS permission for it:
      // https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
      encryptionType: "KMS",
      kmsKeyId: "alias/aws/kinesis",
    });
    this.name = stream.name;
    this.arn = stream.arn;
  }

  /**
   * Lets a function's role read the stream through an event source mapping.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html (SubscribeToShard is omitted: it is for enhanced fan-out)
   */
  grantRead(role: IamRole): IamRolePolicy {
    return allowRole(
      role,
      "read-event-stream",
      this.#allow(
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
      ),
    );
  }

  /** Lets a user put records on the stream and see that it exists, and nothing else. */
  grantWrite(user: IamUser): IamUserPolicy {
    return allowUser(
      user,
      "write-event-stream",
      this.#allow("kinesis:DescribeStreamSummary", "kinesis:PutRecord", "kinesis:PutRecords"),
    );
  }

  #allow(...actions: string[]): DataAwsIamPolicyDocumentStatement {
    return { actions, resources: [this.arn] };
  }
}
