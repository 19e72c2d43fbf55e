import { ListShardsCommand } from "@aws-sdk/client-kinesis";
import { type Clock, systemClock } from "../../shared/clock";
import type { Chaos } from "../chaos/chaos";
import type { AwsRequest } from "../gateway/aws-request";
import { type Clients, createClients } from "../gateway/clients";
import { startEmulators } from "../gateway/emulators";
import { startGateway } from "../gateway/gateway";
import { LocalAccount, OPERATOR_KEY } from "../gateway/local-account";
import { type ProvisionedStack, provision } from "../terraform/provision";
import type { Provisioning } from "../terraform/resource-type";
import { readTerraformDocument } from "../terraform/terraform-document";
import { startFunctions } from "./start-functions";
import { startMappings } from "./start-mappings";

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
  /** The processes that run the functions now. */
  functionProcesses(): number[];
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
  /** Strikes requests and invocations once the stack is created and connected. */
  chaos?: Chaos | undefined;
  /** Defaults to the system's. */
  clock?: Clock;
  /** Called with what goes wrong while the cloud runs; it goes on running. */
  onProblem(message: string): void;
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
  clock = systemClock,
  onProblem,
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
      clock,
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

    const functions = await startFunctions(provisioning.functions.values(), {
      account,
      logFolder,
      clock,
      onProblem,
    });
    closing.push(functions.stop);
    const mappings = await startMappings(provisioning, {
      sandboxes: functions.sandboxes,
      chaos,
      clock,
      onProblem,
    });
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
      functionProcesses: () => [...functions.sandboxes.values()].flatMap((sandbox) => sandbox.processes()),
      caughtUp,
      handledRecords,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function countShards({ kinesis }: Clients, StreamName: string): Promise<number> {
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
  return Shards.length;
}
