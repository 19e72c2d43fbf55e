import { randomUUID } from "node:crypto";
import * as v from "valibot";
import { CommandError } from "../../../shared/errors";
import type { FunctionDeclaration } from "../../lambda/function-declaration";
import {
  block,
  defineResource,
  only,
  type Provisioning,
  UnsupportedArgumentError,
  wholeNumber,
} from "../resource-type";

/**
 * A function, to be run by the local cloud with the environment that Lambda would give it.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html the limits
 */
export const lambdaFunction = defineResource({
  arguments: {
    function_name: v.string(),
    role: v.string(),
    package_type: only("Zip"),
    filename: v.string(),
    handler: v.string(),
    runtime: v.pipe(
      v.string(),
      v.regex(/^nodejs\d+\.x$/, "but the local cloud runs functions for Node.js only"),
    ),
    memory_size: v.optional(wholeNumber(128, 10_240), 128),
    timeout: v.optional(wholeNumber(1, 900), 3),
    reserved_concurrent_executions: only(-1),
    publish: only(false),
    environment: v.optional(block({ variables: v.record(v.string(), v.string()) }), { variables: {} }),
    logging_config: v.optional(
      block({
        log_format: v.picklist(["JSON", "Text"]),
        log_group: v.optional(v.string()),
        application_log_level: v.optional(v.picklist(["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"])),
        // The sandbox logs nothing of its own.
        system_log_level: v.optional(v.picklist(["DEBUG", "INFO", "WARN"])),
      }),
    ),
    tracing_config: v.optional(block({ mode: v.picklist(["Active", "PassThrough"]) })),
  },
  harmless: {
    architectures: "the function runs on this machine's processor",
    description: "nothing reads it",
    ephemeral_storage: "the function shares this machine's folder for temporary files",
    source_code_hash: "the function runs from the folder with its code",
  },

  create(args, provisioning) {
    if (!provisioning.trustedServices.get(args.role)?.includes("lambda.amazonaws.com"))
      throw new UnsupportedArgumentError(
        "role",
        args.role,
        "but the trust policy of that role does not let lambda.amazonaws.com assume it",
      );
    const name = args.function_name;
    const codeFolder = provisioning.archives.get(args.filename);
    if (!codeFolder)
      throw new CommandError(
        `the code of function ${name} is ${args.filename}, but no archive_file of the stack makes it`,
      );

    const declaration = {
      name,
      arn: provisioning.account.arn("lambda", `function:${name}`),
      roleArn: args.role,
      codeFolder,
      handler: args.handler,
      memorySize: args.memory_size,
      timeout: args.timeout,
      logGroup: args.logging_config?.log_group ?? `/aws/lambda/${name}`,
      isTraced: args.tracing_config?.mode === "Active",
    };
    provisioning.functions.set(declaration.arn, {
      ...declaration,
      environment: {
        ...args.environment.variables,
        ...runtimeVariables(declaration, args.runtime, provisioning),
        ...loggingVariables(args.logging_config),
      },
    });
    return { id: name, arn: declaration.arn, function_name: name };
  },
});

/**
 * What Lambda adds to a function's environment, including the credentials of a session of its role.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
function runtimeVariables(
  { name, roleArn, codeFolder, handler, memorySize, logGroup }: Omit<FunctionDeclaration, "environment">,
  runtime: string,
  { account, endpoint }: Provisioning,
): Record<string, string> {
  const session = account.issueSession(roleArn, name);
  return {
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
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
    // The machine's Node.js may be older than Lambda's; the SDK would warn of that in the function's log.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
}

/**
 * How Lambda passes the log level on to the function's logger; with text logs it has no level.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
 */
function loggingVariables(
  logging: { log_format: string; application_log_level?: string | undefined } | undefined,
): Record<string, string> {
  if (logging?.log_format !== "JSON") return {};
  return { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: logging.application_log_level ?? "INFO" };
}
