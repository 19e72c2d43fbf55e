import * as v from "valibot";
import { CommandError } from "./errors";
import { type Stack, StackCredentials, StackOutputs } from "./stack";

/** Where the local cloud listens on the loopback interface by default. */
export const LOCAL_PORT = 4566;

/** The page of the local cloud with the outputs of the stack it runs. */
export const OUTPUTS_PATH = "/_local/outputs";

/**
 * Asks the local cloud for the outputs of the stack it runs.
 * @param port where it listens on the loopback interface
 * @throws CommandError if nothing listens there, or something else does
 */
export async function localStack(port: number): Promise<Stack> {
  const endpoint = `http://127.0.0.1:${port}`;
  const response = await fetch(`${endpoint}${OUTPUTS_PATH}`, { signal: AbortSignal.timeout(10_000) }).catch(
    () => {
      throw new CommandError(`no local cloud on 127.0.0.1:${port}; start it with \`npm run local\``);
    },
  );

  const answer = v.safeParse(LocalAnswer, await response.json().catch(() => undefined));
  if (!response.ok || !answer.success)
    throw new CommandError(
      `what listens on 127.0.0.1:${port} is not a local cloud (HTTP ${response.status}); start one with \`npm run local -- --port <n>\` and name its port with --port`,
    );
  return { ...answer.output, endpoint };
}

/** What the local cloud answers: the stack's outputs, and the key of its operator. */
const LocalAnswer = v.object({ outputs: StackOutputs, operator: StackCredentials });
