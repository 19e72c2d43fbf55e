import { type Chaos, seededChaos } from "../chaos/chaos";
import { type LocalCloud, startLocalCloud } from "../cloud/local-cloud";
import { synthesize } from "../terraform/synthesize";
import { operatorKeyOf } from "./operator-key";
import { ProblemLog } from "./problem-log";
import { type StepLog, UNDER_WAY } from "./step-log";

export interface StartStackOptions {
  /** Port of the local cloud; 0 picks any free port. */
  port: number;
  /** The seed that chaos draws faults with; without one, no fault strikes. */
  chaosSeed?: number | undefined;
}

/** The project's own stack, running in a local cloud. */
export interface RunningStack {
  cloud: LocalCloud;
  chaos: Chaos | undefined;
  /** What has gone wrong since it was started. */
  problems: ProblemLog;
}

/**
 * Synthesizes the project's stack and starts it.
 * @throws CommandError when it cannot be synthesized, or cannot run here
 */
export async function startStack(
  { port, chaosSeed }: StartStackOptions,
  steps: StepLog,
): Promise<RunningStack> {
  const operatorKey = operatorKeyOf(process.env);
  const chaos = chaosSeed === undefined ? undefined : seededChaos(chaosSeed);
  const { file } = await steps.run("synthesized", synthesize, ({ name }) => `stack ${name}`, UNDER_WAY);
  const problems = new ProblemLog((message) => steps.note(message));
  const onProblem = (message: string) => problems.add(message);
  const start = () =>
    startLocalCloud({ stackFile: file, port, logFolder: LOG_FOLDER, operatorKey, chaos, onProblem });
  const cloud = await steps.run("local cloud", start, ({ endpoint }) => endpoint, UNDER_WAY);
  steps.note(`not needed on one machine: ${cloud.ignoredTypes.join(", ")}`);
  if (chaos) steps.note(`chaos with seed ${chaosSeed}: faults of every kind strike`);
  return { cloud, chaos, problems };
}

/** The folder of the functions' logs, from the project's root. */
const LOG_FOLDER = ".local/logs";
