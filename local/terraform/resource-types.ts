import type { ResourceType } from "./resource-type";
import {
  createArchive,
  createEventSourceMapping,
  createFunction,
  createLogGroup,
} from "./resources/function";
import {
  createAccessKey,
  createPolicyDocument,
  createRole,
  createRolePolicy,
  createUser,
  createUserPolicy,
} from "./resources/identity";
import { createBucket, createStream, createTable } from "./resources/stores";

/** Every type of resource and data source that means something on one machine. */
export const resourceTypes: Record<string, ResourceType> = {
  aws_kinesis_stream: createStream,
  aws_dynamodb_table: createTable,
  aws_s3_bucket: createBucket,
  aws_lambda_function: createFunction,
  aws_lambda_event_source_mapping: createEventSourceMapping,
  aws_cloudwatch_log_group: createLogGroup,
  aws_iam_role: createRole,
  aws_iam_user: createUser,
  aws_iam_role_policy: createRolePolicy,
  aws_iam_user_policy: createUserPolicy,
  aws_iam_access_key: createAccessKey,
  aws_iam_policy_document: createPolicyDocument,
  archive_file: createArchive,
};
