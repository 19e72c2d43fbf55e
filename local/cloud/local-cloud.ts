import { type Clock, systemClock } from "../../shared/clock";
import { publishLocalStack, RUN_PATH } from "../../shared/local-stack";
import type { Chaos } from "../chaos/chaos";
import { reshard } from "../chaos/resharding";
import type { AwsRequest } from "../gateway/aws-request";
import { type Clients, createClients } from "../gateway/clients";
import { type Emulators, startEmulators } from "../gateway/emulators";
import { startGateway } from "../gateway/gateway";
import { listShards } from "../gateway/list-shards";
import { type AccessKey, LocalAccount } from "../gateway/local-account";
import type { EventSourceMappingSettings } from "../lambda/event-source-mapping/mapping-settings";
import type { FunctionDeclaration } from "../lambda/function-declaration";
import { type ProvisionedStack, provision } from "../terraform/provision";
import type { Provisioning } from "../terraform/resource-type";
import { readTerraformDocument } from "../terraform/terraform-document";
import { startFunctions } from "./start-functions";
import { type RunningMappings, startMappings } from "./start-mappings";
import { startTimeToLive } from "./time-to-live";

/** A stack that runs on this machine behind one endpoint. */
export interface LocalCloud extends ProvisionedStack {
  /** Such as `http://127.0.0.1:4566`. */
  endpoint: string;
  port: number;
  account: LocalAccount;
  /** The operator's clients. */
  clients: Clients;
  /** Settings for the AWS CLI and the SDKs, as the operator, see `PublishedStack`. */
  awsFile: string;
  /** The functions and event source mappings that the stack declares. */
  functions: readonly FunctionDeclaration[];
  mappings: readonly EventSourceMappingSettings[];
  emulatorProcesses: Emulators["processes"];
  /** Rejects with a CommandError as soon as the cloud cannot continue, since an emulator has ended. */
  failure: Promise<never>;
  /** The functions' log files. */
  logFiles: string[];
  /** Ids of the processes that run the functions now. */
  functionProcesses(): number[];
  /** How many records the functions have processed, or the mappings set aside, so far. */
  handledRecords(): number;
  /** Resolves when every record that is on the stream now is handled. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

export interface LocalCloudOptions {
  /** Path of the synthesized `cdk.tf.json`. */
  stackFile: string;
  /** 0 picks any free port. */
  port: number;
  /** The folder of the functions' logs. */
  logFolder: string;
  /** The operator's access key; a new one by default. */
  operatorKey?: AccessKey | undefined;
  /** Strikes requests and invocations once the stack is created and connected. */
  chaos?: Chaos | undefined;
  /** Defaults to the system's. */
  clock?: Clock;
  /** Called with what goes wrong while the cloud runs; it continues to run. */
  onProblem(message: string): void;
}

/**
 * Starts the emulators and the endpoint, creates what the stack declares, and connects stream and function.
 * @throws CommandError when the port is in use, an emulator ends, or the stack cannot run here
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const closing: Close[] = [];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    return { ...(await startParts(options, closing)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Close = () => Promise<void>;

/** Starts one part after another, and adds to `closing` how to stop each. */
async function startParts(
  { stackFile, port, logFolder, operatorKey, chaos, clock = systemClock, onProblem }: LocalCloudOptions,
  closing: Close[],
): Promise<Omit<LocalCloud, "stop">> {
  const document = await readTerraformDocument(stackFile);
  const account = new LocalAccount(document.region, operatorKey);
  const emulators = await startEmulators({ region: document.region });
  closing.push(emulators.stop);

  const pages = new Map<string, () => unknown>();
  const strike = chaos && ((request: AwsRequest) => chaos.strike(request));
  const gateway = await startGateway({
    port,
    account,
    emulatorSockets: emulators.sockets,
    clock,
    strike,
    pages,
    onDenied: onProblem,
  });
  closing.push(gateway.close);

  const endpoint = `http://127.0.0.1:${gateway.port}`;
  const clients = createClients(endpoint, account.region, account.operatorKey);
  const provisioning = newProvisioning({ account, clients, endpoint, folder: document.folder });
  const stack = await Promise.race([provision(document, provisioning), emulators.failure]);
  const published = await publishLocalStack(gateway.port, {
    outputs: stack.outputs,
    operator: account.operatorKey,
  });
  closing.push(published.remove);
  pages.set(RUN_PATH, () => published.run);

  const { stop } = startTimeToLive(provisioning.expiringTables, clients.dynamodb, clock, onProblem);
  closing.push(stop);

  const declared = provisioning.functions.values();
  const options = { account, logFolder, port: gateway.port, clock, onProblem };
  const functions = await startFunctions(declared, options);
  const { sandboxes, logFiles } = functions;
  let mappings: RunningMappings | undefined;
  // Together: a batch under way ends only when its function does.
  closing.push(async () => {
    await Promise.all([chaos?.end(), mappings?.stop(), functions.stop()]);
  });
  const starting = startMappings(provisioning, { sandboxes, chaos, clock, onProblem });
  mappings = await Promise.race([starting, emulators.failure]);

  if (chaos)
    await beginChaos(chaos, { endpoint, account, clock, streamName: stack.outputs.stream_name, mappings });
  return {
    ...stack,
    endpoint,
    port: gateway.port,
    account,
    clients,
    awsFile: published.awsFile,
    functions: [...provisioning.functions.values()],
    mappings: provisioning.mappings,
    emulatorProcesses: emulators.processes,
    failure: emulators.failure,
    logFiles,
    functionProcesses: () => [...sandboxes.values()].flatMap((sandbox) => sandbox.processes()),
    handledRecords: mappings.handledRecords,
    caughtUp: mappings.caughtUp,
  };
}

/** Nothing is provisioned yet. */
function newProvisioning(
  surroundings: Pick<Provisioning, "account" | "clients" | "endpoint" | "folder">,
): Provisioning {
  return {
    ...surroundings,
    trustedServices: new Map(),
    functions: new Map(),
    mappings: [],
    archives: new Map(),
    expiringTables: [],
  };
}

interface DisruptedCloud {
  endpoint: string;
  account: LocalAccount;
  clock: Clock;
  streamName: string;
  mappings: RunningMappings;
}

/** Lets chaos begin, which reshards the stream as an operator would. */
async function beginChaos(
  chaos: Chaos,
  { endpoint, account, clock, streamName, mappings }: DisruptedCloud,
): Promise<void> {
  const { kinesis } = createClients(endpoint, account.region, account.operatorKey, { maxAttempts: 1 });
  chaos.begin({
    shards: await listShards(kinesis, { StreamName: streamName }),
    reshard: () => reshard({ kinesis, streamName, clock, random: chaos.random }),
    hasCheckpoint: mappings.hasCheckpoint,
    restartMappings: mappings.restart,
  });
}
