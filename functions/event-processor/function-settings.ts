import * as v from "valibot";
import { MAX_TIME_TO_LIVE_DAYS } from "../../events/event-item";

export interface FunctionSettings {
  tableName: string;
  failureBucketName: string;
  /** Days from a record's arrival until its item expires; 0 means never. */
  timeToLiveDays: number;
  processorVersion: string;
}

/**
 * Reads the function's settings from its environment.
 * @throws Error that names every missing or malformed variable, and its rule
 */
export function readFunctionSettings(environment: NodeJS.ProcessEnv): FunctionSettings {
  const parsed = v.safeParse(Environment, environment);
  if (parsed.success) return parsed.output;
  throw new Error(`The function's environment is malformed: ${parsed.issues.map(describe).join("; ")}.`);
}

const Name = v.pipe(v.string(), v.nonEmpty("must not be empty"));

/** The variables that the infrastructure declares for the function, as settings. Powertools reads its own variables. */
const Environment = v.pipe(
  v.object({
    TABLE_NAME: Name,
    FAILURE_BUCKET_NAME: Name,
    TIME_TO_LIVE_DAYS: v.pipe(
      v.string(),
      v.check(isTimeToLive, `must be a whole number of days from 0 to ${MAX_TIME_TO_LIVE_DAYS}`),
      v.transform(Number),
    ),
    PROCESSOR_VERSION: Name,
  }),
  v.transform((variables) => ({
    tableName: variables.TABLE_NAME,
    failureBucketName: variables.FAILURE_BUCKET_NAME,
    timeToLiveDays: variables.TIME_TO_LIVE_DAYS,
    processorVersion: variables.PROCESSOR_VERSION,
  })),
);

function isTimeToLive(value: string): boolean {
  return /^\d+$/.test(value) && Number(value) <= MAX_TIME_TO_LIVE_DAYS;
}

function describe(issue: v.BaseIssue<unknown>): string {
  const name = v.getDotPath(issue);
  return issue.input === undefined
    ? `${name} is missing`
    : `${name} is "${issue.input}", but it ${issue.message}`;
}
