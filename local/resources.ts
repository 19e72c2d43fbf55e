import { createHash, randomBytes, randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { CreateStreamCommand, IncreaseStreamRetentionPeriodCommand } from "@aws-sdk/client-kinesis";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import * as v from "valibot";
import { CommandError } from "../cli/command";
import type { LocalAccount } from "./account";
import type { Clients } from "./clients";
import {
  EventSourceMappingArguments,
  type EventSourceMappingSettings,
} from "./event-source-mapping/settings";
import type { FunctionDeclaration } from "./function-sandbox";
import { parsePolicy } from "./iam";
import type { Attributes } from "./terraform-document";

/** A function with the role it runs under. */
export interface ProvisionedFunction extends FunctionDeclaration {
  roleArn: string;
  logGroup: string;
  isTraced: boolean;
}

/** What resources are created with, and what they leave for the local cloud to run. */
export interface Provisioning {
  account: LocalAccount;
  /** The deployer's. */
  clients: Clients;
  /** The folder that the document's relative paths start from. */
  folder: string;
  endpoint: string;
  functions: Map<string, ProvisionedFunction>;
  mappings: EventSourceMappingSettings[];
  /** Folders with code, by the path of the zip that Terraform would make of them. */
  archives: Map<string, string>;
}

/** Creates one resource from its resolved arguments; what it returns is what others may refer to. */
type ResourceType = (args: unknown, provisioning: Provisioning) => Promise<Attributes> | Attributes;

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

/** @see https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html (on-demand starts with 4 shards) */
const ON_DEMAND_SHARDS = 4;

const Stream = v.object({
  name: v.string(),
  shard_count: v.optional(v.number(), ON_DEMAND_SHARDS),
  retention_period: v.optional(v.number(), 24),
});

async function createStream(args: unknown, { account, clients }: Provisioning): Promise<Attributes> {
  const { name, shard_count, retention_period } = v.parse(Stream, args);
  await clients.kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: shard_count }));
  if (retention_period > 24)
    await clients.kinesis.send(
      new IncreaseStreamRetentionPeriodCommand({ StreamName: name, RetentionPeriodHours: retention_period }),
    );
  const arn = account.arn("kinesis", `stream/${name}`);
  return { id: arn, arn, name };
}

const Table = v.object({
  name: v.string(),
  hash_key: v.string(),
  range_key: v.optional(v.string()),
  attribute: v.array(v.object({ name: v.string(), type: v.picklist(["S", "N", "B"]) })),
});

async function createTable(args: unknown, { account, clients }: Provisioning): Promise<Attributes> {
  const { name, hash_key, range_key, attribute } = v.parse(Table, args);
  await clients.dynamodb.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: attribute.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
      KeySchema: [
        { AttributeName: hash_key, KeyType: "HASH" },
        ...(range_key === undefined ? [] : [{ AttributeName: range_key, KeyType: "RANGE" as const }]),
      ],
    }),
  );
  return { id: name, name, arn: account.arn("dynamodb", `table/${name}`) };
}

const Bucket = v.union([v.object({ bucket: v.string() }), v.object({ bucket_prefix: v.string() })]);

async function createBucket(args: unknown, { clients }: Provisioning): Promise<Attributes> {
  const named = v.parse(Bucket, args);
  const bucket = "bucket" in named ? named.bucket : named.bucket_prefix + randomBytes(8).toString("hex");
  await clients.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  return { id: bucket, bucket, arn: `arn:aws:s3:::${bucket}` };
}

const LambdaFunction = v.object({
  function_name: v.string(),
  role: v.string(),
  filename: v.string(),
  handler: v.string(),
  runtime: v.string(),
  memory_size: v.optional(v.number(), 128),
  timeout: v.optional(v.number(), 3),
  environment: v.optional(v.object({ variables: v.record(v.string(), v.string()) }), { variables: {} }),
  logging_config: v.optional(v.object({ log_group: v.optional(v.string()) })),
  tracing_config: v.optional(v.object({ mode: v.string() })),
});

function createFunction(args: unknown, provisioning: Provisioning): Attributes {
  const declared = v.parse(LambdaFunction, args);
  const { account, archives, functions } = provisioning;
  const name = declared.function_name;
  const codeFolder = archives.get(declared.filename);
  if (!codeFolder)
    throw new CommandError(
      `function ${name} runs ${declared.filename}, which no archive_file of the stack makes.`,
    );

  const arn = account.arn("lambda", `function:${name}`);
  const logGroup = declared.logging_config?.log_group ?? `/aws/lambda/${name}`;
  functions.set(arn, {
    name,
    arn,
    codeFolder,
    handler: declared.handler,
    memorySize: declared.memory_size,
    timeout: declared.timeout,
    roleArn: declared.role,
    logGroup,
    isTraced: declared.tracing_config?.mode === "Active",
    environment: {
      ...declared.environment.variables,
      ...runtimeVariables(declared, codeFolder, logGroup, provisioning),
    },
  });
  return { id: name, arn, function_name: name };
}

/**
 * What Lambda adds to a function's environment, the role's session among it.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
function runtimeVariables(
  { function_name, handler, memory_size, role, runtime }: v.InferOutput<typeof LambdaFunction>,
  codeFolder: string,
  logGroup: string,
  { account, endpoint }: Provisioning,
): Record<string, string> {
  const session = account.issueSession(role, function_name);
  return {
    AWS_LAMBDA_FUNCTION_NAME: function_name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory_size),
    AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: randomUUID(),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    AWS_REGION: account.region,
    AWS_DEFAULT_REGION: account.region,
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: "local",
    AWS_ENDPOINT_URL: endpoint,
    LAMBDA_TASK_ROOT: codeFolder,
    _HANDLER: handler,
    TZ: "UTC",
    // The machine's Node.js may be older than Lambda's; the SDK's notice of that is about the machine.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
}

function createEventSourceMapping(args: unknown, { account, functions, mappings }: Provisioning): Attributes {
  const declared = v.parse(EventSourceMappingArguments, args);
  const target = functions.get(declared.function_name);
  if (!target)
    throw new CommandError(
      `an event source mapping invokes ${declared.function_name}, which is no function of the stack.`,
    );

  const uuid = randomUUID();
  const destinationBucket = declared.destination_config?.on_failure.destination_arn.replace(
    "arn:aws:s3:::",
    "",
  );
  mappings.push({
    uuid,
    streamArn: declared.event_source_arn,
    functionArn: target.arn,
    roleArn: target.roleArn,
    region: account.region,
    startingPosition: declared.starting_position,
    batchSize: declared.batch_size,
    batchWindowSeconds: declared.maximum_batching_window_in_seconds,
    parallelizationFactor: declared.parallelization_factor,
    bisectBatchOnFunctionError: declared.bisect_batch_on_function_error,
    reportBatchItemFailures: declared.function_response_types.includes("ReportBatchItemFailures"),
    maximumRetryAttempts: declared.maximum_retry_attempts,
    maximumRecordAgeSeconds: declared.maximum_record_age_in_seconds,
    ...(destinationBucket !== undefined && { destinationBucket }),
  });
  return { id: uuid, uuid };
}

const Named = v.object({ name: v.string() });

function createLogGroup(args: unknown, { account }: Provisioning): Attributes {
  const { name } = v.parse(Named, args);
  return { id: name, name, arn: account.arn("logs", `log-group:${name}`) };
}

function createRole(args: unknown, { account }: Provisioning): Attributes {
  const { name } = v.parse(Named, args);
  return { id: name, name, arn: account.arn("iam", `role/${name}`) };
}

function createUser(args: unknown, { account }: Provisioning): Attributes {
  const { name } = v.parse(Named, args);
  return { id: name, name, arn: account.arn("iam", `user/${name}`) };
}

function createRolePolicy(args: unknown, { account }: Provisioning): Attributes {
  const { name, role, policy } = v.parse(
    v.object({ name: v.string(), role: v.string(), policy: v.string() }),
    args,
  );
  account.attach(account.arn("iam", `role/${role}`), parsePolicy(name, policy));
  return { id: `${role}:${name}` };
}

function createUserPolicy(args: unknown, { account }: Provisioning): Attributes {
  const { name, user, policy } = v.parse(
    v.object({ name: v.string(), user: v.string(), policy: v.string() }),
    args,
  );
  account.attach(account.arn("iam", `user/${user}`), parsePolicy(name, policy));
  return { id: `${user}:${name}` };
}

function createAccessKey(args: unknown, { account }: Provisioning): Attributes {
  const { user } = v.parse(v.object({ user: v.string() }), args);
  const { accessKeyId, secretAccessKey } = account.issueKey(account.arn("iam", `user/${user}`));
  return { id: accessKeyId, secret: secretAccessKey };
}

const PolicyDocument = v.object({
  statement: v.array(
    v.object({
      sid: v.optional(v.string()),
      effect: v.optional(v.string(), "Allow"),
      actions: v.array(v.string()),
      resources: v.optional(v.array(v.string())),
      principals: v.optional(v.unknown()),
      condition: v.optional(v.unknown()),
    }),
  ),
});

/** Renders the JSON that Terraform's data source would; what it cannot say for certain, a policy's reader refuses. */
function createPolicyDocument(args: unknown): Attributes {
  const { statement } = v.parse(PolicyDocument, args);
  const Statement = statement.map(({ sid, effect, actions, resources, principals, condition }) => ({
    ...(sid !== undefined && { Sid: sid }),
    Effect: effect,
    Action: actions,
    ...(resources !== undefined && { Resource: resources }),
    ...(principals !== undefined && { Principal: principals }),
    ...(condition !== undefined && { Condition: condition }),
  }));
  return { json: JSON.stringify({ Version: "2012-10-17", Statement }) };
}

const Archive = v.object({ output_path: v.string(), source_dir: v.string() });

function createArchive(args: unknown, { archives, folder }: Provisioning): Attributes {
  const { output_path, source_dir } = v.parse(Archive, args);
  archives.set(output_path, resolve(folder, source_dir));
  // The path holds the content's hash, so this changes with the content, too.
  return { output_path, output_base64sha256: createHash("sha256").update(output_path).digest("base64") };
}
