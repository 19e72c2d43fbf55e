import { createHash, randomUUID } from "node:crypto";
import { resolve } from "node:path";
import * as v from "valibot";
import { CommandError } from "../../../shared/errors";
import type { Provisioning } from "../resource-type";
import type { Attributes } from "../terraform-document";

const Archive = v.object({ output_path: v.string(), source_dir: v.string() });

export function createArchive(args: unknown, { archives, folder }: Provisioning): Attributes {
  const { output_path, source_dir } = v.parse(Archive, args);
  archives.set(output_path, resolve(folder, source_dir));
  // The path holds the content's hash, so this changes with the content, too.
  return { output_path, output_base64sha256: createHash("sha256").update(output_path).digest("base64") };
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

export function createFunction(args: unknown, provisioning: Provisioning): Attributes {
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

/** An event source mapping as the stack declares it, in Terraform's names; the defaults are Lambda's own. */
const EventSourceMappingArguments = v.object({
  event_source_arn: v.string(),
  function_name: v.string(),
  starting_position: v.picklist(["TRIM_HORIZON", "LATEST"]),
  batch_size: v.optional(v.number(), 100),
  maximum_batching_window_in_seconds: v.optional(v.number(), 0),
  parallelization_factor: v.optional(v.number(), 1),
  bisect_batch_on_function_error: v.optional(v.boolean(), false),
  function_response_types: v.optional(v.array(v.string()), []),
  maximum_retry_attempts: v.optional(v.number(), -1),
  maximum_record_age_in_seconds: v.optional(v.number(), -1),
  destination_config: v.optional(v.object({ on_failure: v.object({ destination_arn: v.string() }) })),
});

export function createEventSourceMapping(
  args: unknown,
  { account, functions, mappings }: Provisioning,
): Attributes {
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

const LogGroup = v.object({ name: v.string() });

export function createLogGroup(args: unknown, { account }: Provisioning): Attributes {
  const { name } = v.parse(LogGroup, args);
  return { id: name, name, arn: account.arn("logs", `log-group:${name}`) };
}
