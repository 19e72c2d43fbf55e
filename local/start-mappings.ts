import type { KinesisStreamEvent } from "aws-lambda";
import { CommandError, messageOf } from "../cli/command";
import type { Chaos } from "./chaos/chaos";
import { createClients } from "./clients";
import { systemClock } from "./clock";
import { EventSourceMapping } from "./event-source-mapping/event-source-mapping";
import type { FunctionSandbox, InvocationOutcome } from "./function-sandbox";
import type { Provisioning } from "./resources/resource-type";

/** The stack's event source mappings, at work. */
export interface RunningMappings {
  /** How many records went through the functions, or to the failure bucket, so far. */
  handledRecords(): number;
  /** Resolves when every record that is on the streams now is handled. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Connects streams and functions, under the functions' roles, as Lambda does.
 * @param problem called with what goes wrong; the mappings go on
 * @throws CommandError when a role may not read its stream
 */
export async function startMappings(
  { account, endpoint, mappings: settings }: Provisioning,
  sandboxes: ReadonlyMap<string, FunctionSandbox>,
  chaos: Chaos | undefined,
  problem: (message: string) => void,
): Promise<RunningMappings> {
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

/** Invokes the function; chaos may kill its processes, busy or not, while it works. */
async function invokeUnderChaos(
  sandbox: FunctionSandbox,
  event: KinesisStreamEvent,
  chaos: Chaos | undefined,
): Promise<InvocationOutcome> {
  const invocation = sandbox.invoke(event);
  const life = chaos?.killsAfter();
  if (life === undefined) return invocation;
  const killer = setTimeout(() => void sandbox.stop(), life);
  return invocation.finally(() => clearTimeout(killer));
}
