import type { ResourceType } from "./resource-type";
import { archiveFile } from "./resources/archive-file";
import { cloudwatchLogGroup } from "./resources/cloudwatch-log-group";
import { dynamodbTable } from "./resources/dynamodb-table";
import { iamAccessKey } from "./resources/iam-access-key";
import { iamPolicyDocument } from "./resources/iam-policy-document";
import { iamRole } from "./resources/iam-role";
import { iamRolePolicy } from "./resources/iam-role-policy";
import { iamUser } from "./resources/iam-user";
import { iamUserPolicy } from "./resources/iam-user-policy";
import { kinesisStream } from "./resources/kinesis-stream";
import { lambdaEventSourceMapping } from "./resources/lambda-event-source-mapping";
import { lambdaFunction } from "./resources/lambda-function";
import { s3Bucket } from "./resources/s3-bucket";

/** Every type of resource and data source that means something on one machine, by Terraform's name for it. */
export const resourceTypes: Record<string, ResourceType> = {
  aws_kinesis_stream: kinesisStream,
  aws_dynamodb_table: dynamodbTable,
  aws_s3_bucket: s3Bucket,
  aws_lambda_function: lambdaFunction,
  aws_lambda_event_source_mapping: lambdaEventSourceMapping,
  aws_cloudwatch_log_group: cloudwatchLogGroup,
  aws_iam_role: iamRole,
  aws_iam_user: iamUser,
  aws_iam_role_policy: iamRolePolicy,
  aws_iam_user_policy: iamUserPolicy,
  aws_iam_access_key: iamAccessKey,
  aws_iam_policy_document: iamPolicyDocument,
  archive_file: archiveFile,
};

/** Every type of resource that changes nothing on one machine, with the reason. Any other type is an error. */
export const harmlessTypes: Record<string, string> = {
  aws_s3_bucket_lifecycle_configuration: "the local cloud keeps nothing beyond its end",
  aws_s3_bucket_policy: "it allows nobody more, and what it denies, plain HTTP, is all that loopback has",
  aws_s3_bucket_public_access_block: "the endpoint is on the loopback interface only",
  aws_s3_bucket_server_side_encryption_configuration:
    "its files are for their user only, and are deleted at the end",
};
