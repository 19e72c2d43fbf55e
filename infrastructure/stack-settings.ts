import * as v from "valibot";
import { MAX_TIME_TO_LIVE_DAYS } from "../events/event-item";

/** Every setting, with its default. Most limits are those of the services' API references. */
const settings = {
  /** Name of the stack, and the prefix of every resource's name. */
  stackName: v.optional(
    v.pipe(
      v.string("must be a string"),
      v.regex(
        /^[A-Za-z][A-Za-z0-9-]{0,23}$/,
        "must start with a letter and have at most 24 letters, digits and hyphens, so that every resource's name fits its service's limit",
      ),
    ),
    "stream-processing",
  ),
  /** AWS region of every resource. */
  region: v.optional(
    v.pipe(
      v.string("must be a string"),
      v.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be an AWS region such as us-east-1"),
    ),
    "us-east-1",
  ),
  /** PROVISIONED is charged by shard and hour; ON_DEMAND by stream and gigabyte, and scales by itself. */
  streamMode: v.optional(
    v.picklist(["PROVISIONED", "ON_DEMAND"], "must be PROVISIONED or ON_DEMAND"),
    "PROVISIONED",
  ),
  /** Shards of a provisioned stream; each takes 1,000 records or 1 MB a second. */
  shardCount: v.optional(wholeNumber(1, 500), 1),
  /** Hours that the stream keeps records; more than 24 costs extra. */
  retentionHours: v.optional(wholeNumber(24, 8760), 24),
  /** The most records in one invocation. */
  batchSize: v.optional(wholeNumber(1, 10_000), 500),
  /** Seconds to wait for a batch to fill; longer means fewer, cheaper invocations, but later items. */
  batchWindowSeconds: v.optional(wholeNumber(0, 300), 1),
  /** Batches of a shard that are processed concurrently; the records of one partition key stay in order. */
  parallelizationFactor: v.optional(wholeNumber(1, 10), 1),
  /** How many times a failing batch is retried before it is set aside in the failure bucket. */
  maximumRetryAttempts: v.optional(wholeNumber(0, 10_000), 30),
  /** Memory of the function in MB; its share of a CPU grows with it. */
  memorySize: v.optional(wholeNumber(128, 10_240), 512),
  /** Seconds that one invocation may take. */
  timeoutSeconds: v.optional(wholeNumber(10, 900), 60),
  /** Days until DynamoDB deletes an item; 0 means never. */
  timeToLiveDays: v.optional(wholeNumber(0, MAX_TIME_TO_LIVE_DAYS), 0),
  /** Days until CloudWatch deletes the function's logs. */
  logRetentionDays: v.optional(logRetention(), 14),
  /** Days until S3 deletes set-aside records: the time to correct the cause and redrive them. */
  failureRetentionDays: v.optional(wholeNumber(1, 3650), 90),
  /** With true, `destroy` fails rather than delete the table, or a failure bucket that is not empty. */
  protectData: v.optional(flag(), false),
};

const StackSettings = v.strictObject(settings);

export type StackSettings = v.InferOutput<typeof StackSettings>;

/** A setting that cannot be used; the message names the setting, its value, the rule and where to change it. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Where settings come from, in order: if several give the same setting, the last of them wins. */
export interface SettingsSources {
  /** `context.settings` of cdktf.json. */
  context?: unknown;
  /** Variables such as `STREAM_PROCESSING_SHARD_COUNT`. */
  environment?: NodeJS.ProcessEnv;
  /** Arguments of the app such as `--shard-count=2`. */
  commandLine?: readonly string[];
}

/**
 * Reads and validates the settings.
 * @throws SettingsError naming the first setting that is unknown or breaks its rule
 */
export function readStackSettings(sources: SettingsSources = {}): StackSettings {
  const given = {
    ...fromContext(sources.context),
    ...fromEnvironment(sources.environment ?? {}),
    ...fromCommandLine(sources.commandLine ?? []),
  };
  const result = v.safeParse(StackSettings, given);
  if (result.success) return result.output;

  const [issue] = result.issues;
  const setting = v.getDotPath(issue) ?? "settings";
  if (issue.expected === "never") throw unknownSetting(setting);
  throw new SettingsError(
    `setting ${setting} is ${JSON.stringify(issue.input)}, but it ${issue.message}. ` +
      `Change it in cdktf.json under context.settings, or with ${variableName(setting)}.`,
  );
}

/** A whole number in a range. It may be a string, because the environment and the command line hold only strings. */
function wholeNumber(minimum: number, maximum: number) {
  const rule = `must be a whole number from ${minimum} to ${maximum}`;
  return v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))], rule),
    v.integer(rule),
    v.minValue(minimum, rule),
    v.maxValue(maximum, rule),
  );
}

function flag() {
  return v.pipe(
    v.union([v.boolean(), v.picklist(["true", "false"])], "must be true or false"),
    v.transform((value) => value === true || value === "true"),
  );
}

/** One of the periods that CloudWatch Logs accepts. */
function logRetention() {
  const periods = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557];
  return v.pipe(
    wholeNumber(1, 2557),
    v.check((days) => periods.includes(days), `must be one of ${periods.join(", ")}`),
  );
}

function fromContext(context: unknown): object {
  if (context === undefined) return {};
  if (typeof context !== "object" || context === null || Array.isArray(context))
    throw new SettingsError(
      `context.settings in cdktf.json is ${JSON.stringify(context)}, but it must be an object.`,
    );
  return context;
}

const VARIABLE_PREFIX = "STREAM_PROCESSING_";

function fromEnvironment(environment: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(environment)
      .filter(([name]) => name.startsWith(VARIABLE_PREFIX))
      .map(([name, value]) => [
        settingNamed(name, name.slice(VARIABLE_PREFIX.length).toLowerCase().split("_")),
        value,
      ]),
  );
}

function fromCommandLine(commandLine: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    commandLine.map((argument) => {
      const [, name, value] = /^--([a-z-]+)=(.*)$/.exec(argument) ?? [];
      if (name === undefined || value === undefined)
        throw new SettingsError(
          `argument ${argument} is not understood; settings are given as --shard-count=2.`,
        );
      return [settingNamed(argument, name.split("-")), value];
    }),
  );
}

function settingNamed(given: string, words: string[]): string {
  const name = words
    .map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join("");
  if (!(name in settings)) throw unknownSetting(given);
  return name;
}

function unknownSetting(given: string): SettingsError {
  return new SettingsError(`there is no setting ${given}; there are: ${Object.keys(settings).join(", ")}.`);
}

function variableName(setting: string): string {
  return VARIABLE_PREFIX + setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
