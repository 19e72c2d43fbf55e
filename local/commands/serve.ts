import { LOCAL_PORT } from "../../shared/local-stack";
import type { LocalCloud } from "../cloud/local-cloud";
import { type StartStackOptions, startStack } from "./start-stack";
import { StepLog } from "./step-log";
import { untilStopped } from "./until-stopped";

/**
 * Runs the project's stack in a local cloud until Ctrl-C.
 * @throws CommandError when it cannot start, or cannot continue
 */
export async function serve(options: StartStackOptions): Promise<void> {
  const { cloud } = await startStack(options, new StepLog(process.stderr));
  process.stdout.write(welcome(cloud));
  await untilStopped(cloud).finally(cloud.stop);
}

function welcome(cloud: LocalCloud): string {
  const { stream_name, table_name, failure_bucket_name } = cloud.outputs;
  const port = cloud.port === LOCAL_PORT ? "" : ` --port ${cloud.port}`;
  return `
The local cloud runs at ${cloud.endpoint}. Press Ctrl-C to stop it and to delete everything in it.

  stream          ${stream_name}
  table           ${table_name}
  failure bucket  ${failure_bucket_name}
  logs            ${cloud.logFiles.join(", ")}

In another terminal:
  npm run produce -- --local${port} --source sample
  npm run explore -- --local${port}
  npm run redrive -- --local${port} --list

With the AWS CLI or any SDK, as the operator:
  export AWS_CONFIG_FILE=${cloud.awsFile} AWS_SHARED_CREDENTIALS_FILE=${cloud.awsFile}
  aws kinesis list-streams
`;
}
