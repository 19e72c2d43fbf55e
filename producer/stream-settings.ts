import type { StreamAddress } from "../kinesis-writer/kinesis-errors";
import type { Environment } from "../shared/environment-file";
import { CommandError, ExitCode } from "../shared/errors";
import type { Stack } from "../shared/stack";

/** Where the stream is, and the access key to put records on it with. */
export interface StreamSettings extends StreamAddress {
  credentials: { accessKeyId: string; secretAccessKey: string };
}

/** The options that say where the stream is. */
export interface StreamOptions {
  streamName?: string;
  region?: string;
  endpointUrl?: string;
  local?: boolean;
  stack?: string;
}

/**
 * Finds the stream: options come first, then PRODUCER_* environment variables, then the stack's outputs. If the first
 * two give everything, the outputs are not read, so that a machine that only runs the producer needs no Terraform.
 * `--local` and `--stack` name a stack, so with either the environment, which may be set for another, is ignored.
 *
 * AWS_ACCESS_KEY_ID and the like are deliberately ignored: they usually belong to the operator, who may do far more
 * than put records. Secrets come from the environment or the outputs, never from an option, because every
 * user of the machine can see the options of a process.
 * @param findStack reads the outputs
 * @throws CommandError if an option or a variable is wrong, or whatever `findStack` throws
 */
export async function streamSettings(
  options: StreamOptions,
  environment: Environment,
  findStack: () => Promise<Stack>,
): Promise<StreamSettings> {
  const variables = options.local || options.stack !== undefined ? {} : environment;
  const streamName = options.streamName ?? (variables.PRODUCER_STREAM_NAME || undefined);
  const region = options.region ?? (variables.PRODUCER_REGION || undefined);
  const credentials = environmentCredentials(variables);
  const endpoint = endpointUrl(options, variables);

  if (streamName && region && credentials)
    return { streamName, region, credentials, ...(endpoint && { endpoint }) };

  const stack = await findStack().catch((error) => {
    throw withMissing(error, variables, { streamName, region, credentials });
  });
  const stackEndpoint = endpoint ?? stack.endpoint;
  return {
    streamName: streamName ?? stack.outputs.stream_name,
    region: region ?? stack.outputs.region,
    credentials: credentials ?? {
      accessKeyId: stack.outputs.access_key_id,
      secretAccessKey: stack.outputs.secret_access_key,
    },
    ...(stackEndpoint && { endpoint: stackEndpoint }),
  };
}

/** Adds to an error why the outputs were needed: a user who has set some of the variables may think they suffice. */
function withMissing(
  error: unknown,
  variables: Environment,
  found: { [K in keyof StreamSettings]?: StreamSettings[K] | undefined },
): unknown {
  const isSet = Object.keys(variables).some((name) => name.startsWith("PRODUCER_") && variables[name]);
  if (!isSet || !(error instanceof CommandError)) return error;

  const missing = [
    ...(found.streamName ? [] : ["PRODUCER_STREAM_NAME"]),
    ...(found.region ? [] : ["PRODUCER_REGION"]),
    ...(found.credentials ? [] : ["PRODUCER_ACCESS_KEY_ID", "PRODUCER_SECRET_ACCESS_KEY"]),
  ];
  return new CommandError(
    `${error.message}\n(the stack's outputs were needed because ${missing.join(", ")} ${missing.length > 1 ? "are" : "is"} not set)`,
    error.exitCode,
  );
}

function environmentCredentials(variables: Environment): StreamSettings["credentials"] | undefined {
  const accessKeyId = variables.PRODUCER_ACCESS_KEY_ID;
  const secretAccessKey = variables.PRODUCER_SECRET_ACCESS_KEY;
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  if (!accessKeyId && !secretAccessKey) return undefined;

  const [set, missing] = accessKeyId
    ? ["PRODUCER_ACCESS_KEY_ID", "PRODUCER_SECRET_ACCESS_KEY"]
    : ["PRODUCER_SECRET_ACCESS_KEY", "PRODUCER_ACCESS_KEY_ID"];
  throw new CommandError(`${set} is set and ${missing} is not; set both or neither`, ExitCode.usage);
}

function endpointUrl(options: StreamOptions, variables: Environment): string | undefined {
  const [name, value] = options.endpointUrl
    ? ["--endpoint-url", options.endpointUrl]
    : ["PRODUCER_ENDPOINT_URL", variables.PRODUCER_ENDPOINT_URL];
  if (!value) return undefined;
  if (!/^https?:$/.test(URL.canParse(value) ? new URL(value).protocol : ""))
    throw new CommandError(
      `${name} is ${value}; it must be a URL that begins with http:// or https://`,
      ExitCode.usage,
    );
  return value;
}
