import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { ListShardsCommand } from "@aws-sdk/client-kinesis";
import type { KinesisStreamEvent } from "aws-lambda";
import { CommandError, messageOf } from "../cli/command";
import { LocalAccount, OPERATOR_KEY } from "./account";
import type { AwsRequest } from "./aws-request";
import type { Chaos } from "./chaos/chaos";
import { type Clients, createClients } from "./clients";
import { systemClock } from "./clock";
import { startEmulators } from "./emulators";
import { EventSourceMapping } from "./event-source-mapping/event-source-mapping";
import { FunctionSandbox } from "./function-sandbox";
import { startGateway } from "./gateway";
import { type ProvisionedStack, provision } from "./provision";
import type { ProvisionedFunction, Provisioning } from "./resources";
import { readTerraformDocument } from "./terraform-document";

/** A stack that runs on this machine, behind one endpoint. */
export interface LocalCloud extends ProvisionedStack {
  /** Such as `http://127.0.0.1:4566`. */
  endpoint: string;
  port: number;
  account: LocalAccount;
  /** The operator's clients. */
  clients: Clients;
  /** The functions' log files. */
  logFiles: string[];
  /** How many records went through the functions, or to the failure bucket, so far. */
  handledRecords(): number;
  /** Resolves when every record that is on the stream now is handled. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

export interface LocalCloudOptions {
  /** Path of the synthesized `cdk.tf.json`. */
  stackFile: string;
  /** 0 takes any free port. */
  port: number;
  /** Where the functions' logs go. */
  logFolder: string;
  /** Strikes requests and invocations from the moment the stack is created. */
  chaos?: Chaos | undefined;
  /** Called with what goes wrong while the cloud runs; it goes on running. */
  problem(message: string): void;
}

/** Where the commands ask for the stack's outputs. */
const OUTPUTS_PATH = "/_local/outputs";

/**
 * Starts the emulators and the endpoint, creates what the stack declares, and connects stream and function.
 * @throws CommandError when the port is in use or the stack cannot run here
 */
export async function startLocalCloud({
  stackFile,
  port,
  logFolder,
  chaos,
  problem,
}: LocalCloudOptions): Promise<LocalCloud> {
  const document = await readTerraformDocument(stackFile);
  const account = new LocalAccount(document.region);
  const emulators = await startEmulators();
  const closing: (() => Promise<void>)[] = [emulators.stop];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };

  try {
    const pages = new Map<string, () => unknown>();
    const strike = chaos && ((request: AwsRequest) => chaos.strike(request));
    const gateway = await startGateway({
      port,
      account,
      emulatorPorts: emulators.ports,
      pages,
      strike,
    });
    closing.push(gateway.close);

    const endpoint = `http://127.0.0.1:${gateway.port}`;
    const clients = createClients(endpoint, account.region, OPERATOR_KEY);
    const provisioning: Provisioning = {
      account,
      clients,
      endpoint,
      folder: document.folder,
      functions: new Map(),
      mappings: [],
      archives: new Map(),
    };
    const stack = await provision(document, provisioning);
    pages.set(OUTPUTS_PATH, () => ({ outputs: stack.outputs, operator: OPERATOR_KEY }));

    const functions = await startFunctions(provisioning, logFolder, problem);
    closing.push(functions.stop);
    const mappings = await connect(provisioning, functions.sandboxes, chaos, problem);
    // Together: a batch that is under way ends only with its function.
    closing.push(async () => {
      await Promise.all([mappings.stop(), functions.stop()]);
    });

    chaos?.begin(await countShards(clients, stack.outputs.stream_name));
    const { caughtUp, handledRecords } = mappings;
    return {
      ...stack,
      endpoint,
      port: gateway.port,
      account,
      clients,
      logFiles: functions.logFiles,
      caughtUp,
      handledRecords,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startFunctions(
  { account, functions }: Provisioning,
  logFolder: string,
  problem: (message: string) => void,
) {
  await mkdir(logFolder, { recursive: true });
  const sandboxes = new Map<string, FunctionSandbox>();
  const logFiles: string[] = [];
  for (const declaration of functions.values()) {
    const mayLog = mayWriteLogs(declaration, account);
    if (!mayLog)
      problem(
        `the role of ${declaration.name} may not write to ${declaration.logGroup}: its logs are discarded.`,
      );
    if (declaration.isTraced && !maySendTraces(declaration, account))
      problem(`the role of ${declaration.name} may not send traces to X-Ray: there will be none.`);
    const logFile = join(logFolder, `${declaration.name}.log`);
    if (mayLog) logFiles.push(logFile);
    sandboxes.set(
      declaration.arn,
      new FunctionSandbox(declaration, mayLog ? createWriteStream(logFile) : discard()),
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
function mayWriteLogs({ roleArn, logGroup }: ProvisionedFunction, account: LocalAccount): boolean {
  const logStream = account.arn("logs", `log-group:${logGroup}:log-stream:local`);
  return mayDo(["logs:CreateLogStream", "logs:PutLogEvents"], roleArn, logStream, account);
}

function maySendTraces({ roleArn }: ProvisionedFunction, account: LocalAccount): boolean {
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

async function countShards({ kinesis }: Clients, StreamName: string): Promise<number> {
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
  return Shards.length;
}

/** Invokes the function; chaos may kill its processes, busy or not, while it works. */
async function invokeUnderChaos(
  sandbox: FunctionSandbox,
  event: KinesisStreamEvent,
  chaos: Chaos | undefined,
) {
  const invocation = sandbox.invoke(event);
  const life = chaos?.killsAfter();
  if (life === undefined) return invocation;
  const killer = setTimeout(() => void sandbox.stop(), life);
  return invocation.finally(() => clearTimeout(killer));
}

async function connect(
  { account, endpoint, mappings: settings }: Provisioning,
  sandboxes: ReadonlyMap<string, FunctionSandbox>,
  chaos: Chaos | undefined,
  problem: (message: string) => void,
) {
  let handled = 0;
  const mappings = settings.map((mapping) => {
    const { kinesis, s3 } = createClients(
      endpoint,
      account.region,
      account.issueSession(mapping.roleArn, "event-source-mapping"),
    );
    return new EventSourceMapping({
      settings: mapping,
      kinesis,
      s3,
      clock: systemClock,
      checkpoints: new Map(),
      invoke: async (event) => {
        const sandbox = sandboxes.get(mapping.functionArn);
        if (!sandbox) throw new Error(`no sandbox runs ${mapping.functionArn}`);
        const outcome = await invokeUnderChaos(sandbox, event, chaos);
        if (!outcome.ok)
          problem(`function failed: ${outcome.error.errorType}: ${outcome.error.errorMessage}`);
        return outcome;
      },
      handled: (count) => {
        handled += count;
      },
      problem: (error) => problem(`reading ${mapping.streamArn}: ${error.name}: ${error.message}`),
    });
  });
  const stop = async () => {
    await Promise.all(mappings.map((mapping) => mapping.stop()));
  };
  await Promise.all(mappings.map((mapping) => mapping.start())).catch((error) => {
    throw new CommandError(`the event source mapping cannot read its stream: ${messageOf(error)}`);
  });
  return {
    stop,
    handledRecords: () => handled,
    caughtUp: async () => {
      await Promise.all(mappings.map((mapping) => mapping.caughtUp()));
    },
  };
}
