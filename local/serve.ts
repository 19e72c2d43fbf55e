import { once } from "node:events";
import { OPERATOR_KEY } from "./account";
import { seededChaos } from "./chaos/chaos";
import { type LocalCloud, startLocalCloud } from "./cloud";
import { synthesize } from "./synthesize";

/** Where the functions' logs go, from the project's root. */
export const LOG_FOLDER = ".local/logs";

export interface ServeOptions {
  port: number;
  /** Injects faults, decided by this seed. */
  chaosSeed?: number | undefined;
}

/** Synthesizes the stack and runs it until Ctrl-C. */
export async function serve({ port, chaosSeed }: ServeOptions): Promise<void> {
  const chaos = chaosSeed === undefined ? undefined : seededChaos(chaosSeed);
  const stack = await synthesize();
  const problem = (message: string) => process.stderr.write(`${message}\n`);
  const cloud = await startLocalCloud({ stackFile: stack.file, port, logFolder: LOG_FOLDER, chaos, problem });
  process.stdout.write(welcome(cloud));
  if (chaos) process.stdout.write(`\nChaos with seed ${chaosSeed}: faults of every kind strike.\n`);
  await interruption();
  await cloud.stop();
}

/** Resolves with Ctrl-C, or when the process is asked to end. */
export async function interruption(): Promise<void> {
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
}

/** One line that names what the stack declares and one machine has no use for. */
export function ignoredTypesLine({ ignoredTypes }: LocalCloud): string {
  return `Not needed on one machine: ${ignoredTypes.join(", ")}`;
}

function welcome(cloud: LocalCloud): string {
  const { stream_name, table_name, failure_bucket_name } = cloud.outputs;
  const port = cloud.port === 4566 ? "" : ` --port ${cloud.port}`;
  return `The local cloud runs at ${cloud.endpoint}; Ctrl-C ends it, and with it all that it holds.

  stream          ${stream_name}
  table           ${table_name}
  failure bucket  ${failure_bucket_name}
  logs            ${cloud.logFiles.join(", ")}
  ${ignoredTypesLine(cloud)}

In another terminal:
  npm run produce -- --local${port} --source sample
  npm run explore -- --local${port}

With the AWS CLI or any SDK, as the operator:
  export AWS_ACCESS_KEY_ID=${OPERATOR_KEY.accessKeyId} AWS_SECRET_ACCESS_KEY=${OPERATOR_KEY.secretAccessKey} AWS_DEFAULT_REGION=${cloud.outputs.region}
  aws --endpoint-url ${cloud.endpoint} kinesis list-streams
`;
}
