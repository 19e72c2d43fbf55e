import { randomUUID } from "node:crypto";
import * as v from "valibot";
import { CommandError } from "../../../shared/errors";
import type { FunctionDeclaration } from "../../lambda/function-declaration";
import { defineResource, type Provisioning } from "../resource-type";

/** A function, to be run by the local cloud with the environment that Lambda would give it. */
export const lambdaFunction = defineResource({
  arguments: v.object({
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
  }),

  create(args, provisioning) {
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
