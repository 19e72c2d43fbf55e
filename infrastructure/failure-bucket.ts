import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import type { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { Construct } from "constructs";
import { allowRole } from "./inline-policy";
import type { StackSettings } from "./stack-settings";

/** The S3 bucket that keeps every record that could not be stored, with its whole payload. */
export class FailureBucket extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, settings: StackSettings) {
    super(scope, id);

    const bucket = new S3Bucket(this, "Default", {
      // Bucket names are unique across all accounts, so Terraform completes this one.
      bucketPrefix: `${settings.stackName.toLowerCase()}-failures-`,
      forceDestroy: !settings.protectData,
    });
    this.name = bucket.bucket;
    this.arn = bucket.arn;

    this.#encrypt();
    this.#expire(settings.failureRetentionDays);
    this.#keepPrivate();
  }

  /**
   * Lets a function's role put objects, as itself and as the on-failure destination of its event source mapping.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
   */
  grantSetAside(role: IamRole): IamRolePolicy {
    return allowRole(
      role,
      "write-failure-bucket",
      { actions: ["s3:PutObject"], resources: [`${this.arn}/*`] },
      { actions: ["s3:ListBucket"], resources: [this.arn] },
    );
  }

  #encrypt(): void {
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      bucket: this.name,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
  }

  #expire(days: number): void {
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket: this.name,
      rule: [
        {
          id: "expire-failures",
          status: "Enabled",
          filter: [{ prefix: "" }],
          expiration: [{ days }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
        },
      ],
    });
  }

  #keepPrivate(): void {
    const block = new S3BucketPublicAccessBlock(this, "public-access-block", {
      bucket: this.name,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });

    const tlsOnly = new DataAwsIamPolicyDocument(this, "tls-only", {
      statement: [
        {
          effect: "Deny",
          // Every action that sends or returns an object's content or name.
          actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"],
          resources: [this.arn, `${this.arn}/*`],
          principals: [{ type: "AWS", identifiers: ["*"] }],
          condition: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
        },
      ],
    });
    // S3 does not accept concurrent changes to a bucket's access settings, so the policy waits for the block.
    new S3BucketPolicy(this, "policy", { bucket: this.name, policy: tlsOnly.json, dependsOn: [block] });
  }
}
