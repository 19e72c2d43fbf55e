import * as v from "valibot";
import { MAX_TIME_TO_LIVE_DAYS } from "../../events/event-item";

const Name = v.pipe(v.string(), v.nonEmpty("must not be empty"));

const TimeToLiveDays = v.pipe(
  v.string(),
  v.check(isTimeToLive, `must be a whole number of days from 0 to ${MAX_TIME_TO_LIVE_DAYS}`),
  v.transform(Number),
);

/** The environment that the infrastructure declares for the function. Powertools reads its own variables. */
const Environment = v.object({
  TABLE_NAME: Name,
  FAILURE_BUCKET_NAME: Name,
  TIME_TO_LIVE_DAYS: TimeToLiveDays,
  PROCESSOR_VERSION: Name,
});

export interface FunctionSettings {
  tableName: string;
  failureBucketName: string;
  /** Days from a record's arrival until its item expires; 0: never. */
  timeToLiveDays: number;
  processorVersion: string;
}

/**
 * Reads the function's settings from its environment.
 * @throws Error that names every variable that is missing or malformed, and its rule
 */
export function readFunctionSettings(environment: NodeJS.ProcessEnv): FunctionSettings {
  const parsed = v.safeParse(Environment, environment);
  if (!parsed.success) {
    throw new Error(`The function's environment is malformed: ${parsed.issues.map(describe).join("; ")}.`);
  }
  const { TABLE_NAME, FAILURE_BUCKET_NAME, TIME_TO_LIVE_DAYS, PROCESSOR_VERSION } = parsed.output;
  return {
    tableName: TABLE_NAME,
    failureBucketName: FAILURE_BUCKET_NAME,
    timeToLiveDays: TIME_TO_LIVE_DAYS,
    processorVersion: PROCESSOR_VERSION,
  };
}

function isTimeToLive(value: string): boolean {
  return /^\d+$/.test(value) && Number(value) <= MAX_TIME_TO_LIVE_DAYS;
}

function describe(issue: v.BaseIssue<unknown>): string {
  const name = v.getDotPath(issue);
  return issue.input === undefined
    ? `${name} is missing`
    : `${name} is "${issue.input}" and ${issue.message}`;
}
