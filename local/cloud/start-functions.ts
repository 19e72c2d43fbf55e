import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { Clock } from "../../shared/clock";
import type { LocalAccount } from "../gateway/local-account";
import type { FunctionDeclaration } from "../lambda/function-declaration";
import { FunctionSandbox } from "../lambda/function-sandbox";

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
  clock: Clock;
  /** Called with what the functions' roles do not allow them. */
  onProblem(message: string): void;
}

/** Makes a sandbox for every function, whose log goes to a file of the function's name. */
export async function startFunctions(
  functions: Iterable<FunctionDeclaration>,
  { account, logFolder, clock, onProblem }: FunctionsOptions,
): Promise<RunningFunctions> {
  await mkdir(logFolder, { recursive: true });
  const sandboxes = new Map<string, FunctionSandbox>();
  const logFiles: string[] = [];
  for (const declaration of functions) {
    const mayLog = mayWriteLogs(declaration, account);
    if (!mayLog)
      onProblem(
        `the role of ${declaration.name} may not write to ${declaration.logGroup}: its logs are discarded.`,
      );
    if (declaration.isTraced && !maySendTraces(declaration, account))
      onProblem(`the role of ${declaration.name} may not send traces to X-Ray: there will be none.`);
    const logFile = join(logFolder, `${declaration.name}.log`);
    if (mayLog) logFiles.push(logFile);
    sandboxes.set(
      declaration.arn,
      new FunctionSandbox(declaration, mayLog ? createWriteStream(logFile) : discard(), clock),
    );
  }
  return {
    sandboxes,
    logFiles,
    stop: async () => {
      await Promise.all([...sandboxes.values()].map((sandbox) => sandbox.stop()));
    },
  };
}

/** Lambda delivers a function's logs, and its traces, under the function's role. */
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

function discard(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
