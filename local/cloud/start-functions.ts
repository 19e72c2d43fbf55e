import { join } from "node:path";
import type { Clock } from "../../shared/clock";
import type { LocalAccount } from "../gateway/local-account";
import type { FunctionDeclaration } from "../lambda/function-declaration";
import { FunctionSandbox } from "../lambda/function-sandbox";
import { noLog, openFunctionLog } from "./function-log";

/** The stack's functions, ready to be invoked. */
export interface RunningFunctions {
  /** By the function's ARN. */
  sandboxes: ReadonlyMap<string, FunctionSandbox>;
  logFiles: string[];
  stop(): Promise<void>;
}

/** What functions run with. */
export interface FunctionsOptions {
  account: LocalAccount;
  logFolder: string;
  /** The local cloud's port: it is in the logs' names, so that two local clouds never write to the same file. */
  port: number;
  clock: Clock;
  /** Called with what a function or its log cannot do. */
  onProblem(message: string): void;
}

/** Creates a sandbox for every function, which logs to a file named after the function and the port. */
export async function startFunctions(
  functions: Iterable<FunctionDeclaration>,
  { account, logFolder, port, clock, onProblem }: FunctionsOptions,
): Promise<RunningFunctions> {
  const sandboxes = new Map<string, FunctionSandbox>();
  const logFiles: string[] = [];
  for (const declaration of functions) {
    const mayLog = mayWriteLogs(declaration, account);
    if (!mayLog)
      onProblem(
        `the role of ${declaration.name} is not allowed to write to ${declaration.logGroup}: there will be no log`,
      );
    if (declaration.isTraced && !maySendTraces(declaration, account))
      onProblem(`the role of ${declaration.name} is not allowed to send traces to X-Ray: there will be none`);
    const logFile = join(logFolder, `${declaration.name}-${port}.log`);
    if (mayLog) logFiles.push(logFile);
    const log = mayLog ? await openFunctionLog(logFile, onProblem) : noLog();
    sandboxes.set(declaration.arn, new FunctionSandbox(declaration, log, clock));
  }
  return {
    sandboxes,
    logFiles,
    stop: async () => {
      await Promise.all([...sandboxes.values()].map((sandbox) => sandbox.stop()));
    },
  };
}

/** Lambda writes a function's logs, and sends its traces, with the permissions of the function's role. */
function mayWriteLogs({ roleArn, logGroup }: FunctionDeclaration, account: LocalAccount): boolean {
  const logStream = account.arn("logs", `log-group:${logGroup}:log-stream:local`);
  return mayDo(["logs:CreateLogStream", "logs:PutLogEvents"], roleArn, logStream, account);
}

function maySendTraces({ roleArn }: FunctionDeclaration, account: LocalAccount): boolean {
  return mayDo(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], roleArn, "*", account);
}

function mayDo(
  actions: readonly string[],
  roleArn: string,
  resource: string,
  account: LocalAccount,
): boolean {
  const role = account.identityOf(roleArn);
  return actions.every((action) => account.allows(role, action, resource));
}
