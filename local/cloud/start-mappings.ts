import { HeadBucketCommand, type S3Client } from "@aws-sdk/client-s3";
import type { KinesisStreamEvent } from "aws-lambda";
import type { Clock } from "../../shared/clock";
import { CommandError, messageOf } from "../../shared/errors";
import type { Chaos } from "../chaos/chaos";
import { createClients } from "../gateway/clients";
import type { EventSourceMappingSettings } from "../lambda/event-source-mapping/mapping-settings";
import { EXIT_ERROR, TIMEOUT_ERROR } from "../lambda/execution-environment";
import type { FunctionSandbox } from "../lambda/function-sandbox";
import type { InvocationOutcome } from "../lambda/invocation-outcome";
import type { Provisioning } from "../terraform/resource-type";
import { RestartableMapping } from "./restartable-mapping";

/** The stack's running event source mappings. */
export interface RunningMappings {
  /** How many records the functions have processed, or the mappings set aside, so far. */
  handledRecords(): number;
  /** Whether a mapping has a checkpoint to resume from. */
  hasCheckpoint(): boolean;
  /** Stops every mapping and starts it again from its checkpoints. */
  restart(): Promise<void>;
  /** Resolves when every record that is on the streams now is handled. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/** What event source mappings run with. */
export interface MappingsOptions {
  /** The functions, by ARN. */
  sandboxes: ReadonlyMap<string, FunctionSandbox>;
  chaos: Chaos | undefined;
  clock: Clock;
  /** Called with what goes wrong; the mappings continue. */
  onProblem(message: string): void;
}

/**
 * Connects streams and functions with the permissions of the functions' roles, as Lambda does.
 * @throws CommandError when a role may not read its stream, or may not use its on-failure destination
 */
export async function startMappings(
  provisioning: Provisioning,
  { sandboxes, chaos, clock, onProblem }: MappingsOptions,
): Promise<RunningMappings> {
  const { account, endpoint, mappings: settings } = provisioning;
  let handled = 0;
  const connections = settings.map((mapping) => {
    const session = account.issueSession(mapping.roleArn, "event-source-mapping");
    return { mapping, ...createClients(endpoint, account.region, session) };
  });
  await Promise.all(connections.map(({ mapping, s3 }) => checkDestination(mapping, s3)));
  const mappings = connections.map(({ mapping, kinesis, s3 }) => {
    return new RestartableMapping({
      settings: mapping,
      kinesis,
      s3,
      clock,
      invoke: async (event) => {
        const sandbox = sandboxes.get(mapping.functionArn);
        if (!sandbox) throw new Error(`no sandbox runs ${mapping.functionArn}`);
        const outcome = await invokeUnderChaos(sandbox, event, chaos);
        if (!outcome.ok)
          onProblem(`function failed: ${outcome.error.errorType}: ${outcome.error.errorMessage}`);
        return outcome;
      },
      onHandled: (count) => {
        handled += count;
      },
      onProblem,
    });
  });
  const stop = async () => {
    await Promise.all(mappings.map((mapping) => mapping.stop()));
  };
  await startAll(mappings).catch(async (error) => {
    await stop();
    throw new CommandError(`the event source mapping cannot start: ${messageOf(error)}`);
  });
  return {
    stop,
    handledRecords: () => handled,
    hasCheckpoint: () => mappings.some((mapping) => mapping.hasCheckpoint),
    restart: async () => {
      await Promise.all(mappings.map((mapping) => mapping.restart()));
    },
    caughtUp: async () => {
      await Promise.all(mappings.map((mapping) => mapping.caughtUp()));
    },
  };
}

/** Waits for every start, also if one fails: a mapping can be stopped only once it has started. @throws the first failure */
async function startAll(mappings: readonly RestartableMapping[]): Promise<void> {
  const results = await Promise.allSettled(mappings.map((mapping) => mapping.start()));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/**
 * Checks that the role has s3:ListBucket on its on-failure destination, which Lambda needs.
 * @throws CommandError when it does not
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
async function checkDestination(mapping: EventSourceMappingSettings, s3: S3Client): Promise<void> {
  if (mapping.destinationBucket === undefined) return;
  await s3.send(new HeadBucketCommand({ Bucket: mapping.destinationBucket })).catch((error) => {
    throw new CommandError(
      `the event source mapping cannot use its on-failure destination ${mapping.destinationBucket}: the function's role needs s3:ListBucket (${messageOf(error)})`,
    );
  });
}

/** Invokes the function. Chaos may kill its process meanwhile, or let it run into its timeout. */
async function invokeUnderChaos(
  sandbox: FunctionSandbox,
  event: KinesisStreamEvent,
  chaos: Chaos | undefined,
): Promise<InvocationOutcome> {
  const fault = chaos?.strikeInvocation();
  let tookEffect = false;
  try {
    const outcome = await sandbox.invoke(event, fault);
    tookEffect = !outcome.ok && outcome.error.errorType === (fault && ERROR_TYPES[fault.end]);
    return outcome;
  } finally {
    fault?.onDone(tookEffect);
  }
}

const ERROR_TYPES = { killed: EXIT_ERROR, timeout: TIMEOUT_ERROR };
