import * as v from "valibot";

const Name = v.pipe(v.string(), v.nonEmpty("must not be empty"));

/** A hundred years. An epoch far beyond is not a number that DynamoDB's client sends. */
const MAX_TIME_TO_LIVE_DAYS = 36_500;

const TIME_TO_LIVE_RULE =
  `must be a whole number of days from 1 to ${MAX_TIME_TO_LIVE_DAYS}, ` +
  "or be absent, which keeps items for good";

/** The environment that the infrastructure declares for the function. Powertools reads its own variables. */
const Environment = v.object({
  TABLE_NAME: Name,
  FAILURE_BUCKET_NAME: Name,
  TIME_TO_LIVE_DAYS: v.optional(
    v.pipe(v.string(), v.check(isTimeToLive, TIME_TO_LIVE_RULE), v.transform(Number)),
  ),
  PROCESSOR_VERSION: Name,
});

export interface FunctionSettings {
  tableName: string;
  failureBucketName: string;
  /** Absent: items are kept for good. */
  timeToLiveDays: number | undefined;
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
  return /^[1-9]\d*$/.test(value) && Number(value) <= MAX_TIME_TO_LIVE_DAYS;
}

function describe(issue: v.BaseIssue<unknown>): string {
  const name = v.getDotPath(issue);
  return issue.input === undefined
    ? `${name} is missing`
    : `${name} is "${issue.input}" and ${issue.message}`;
}
