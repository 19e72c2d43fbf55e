import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DescribeStreamSummaryCommand } from "@aws-sdk/client-kinesis";
import { describe, expect, it } from "@jest/globals";
import { startLocalCloud } from "../../../local/cloud/local-cloud";
import type { Clients } from "../../../local/gateway/clients";
import { LocalAccount } from "../../../local/gateway/local-account";
import { provision } from "../../../local/terraform/provision";
import type { Provisioning } from "../../../local/terraform/resource-type";
import { readTerraformDocument } from "../../../local/terraform/terraform-document";
import { synthesizeStack } from "../../support/synthesized-stack";
import { temporaryDirectory } from "../../support/temporary-directory";

const stack = synthesizeStack();

/** The stack's document; tests change it. */
type Blocks = Record<string, Record<string, Record<string, unknown>>>;
interface StackDocument {
  resource: Blocks;
  data: Blocks;
  provider: Record<string, unknown[]>;
}

/** Answers every call, and creates nothing. */
const client = { send: async () => ({}) };

/** The message of the error that a changed stack ends with. */
async function problemOf(change: (document: StackDocument) => void): Promise<string> {
  return (await provisioned(change)).problem;
}

/** Provisions a changed stack, of which nothing but IAM is created. */
async function provisioned(
  change: (document: StackDocument) => void,
): Promise<{ problem: string; provisioning: Provisioning }> {
  const document = JSON.parse(stack.json);
  change(document);
  const file = join(temporaryDirectory(), "cdk.tf.json");
  await writeFile(file, JSON.stringify(document));
  const provisioning: Provisioning = {
    account: new LocalAccount("us-east-1"),
    endpoint: "http://127.0.0.1:4566",
    clients: { kinesis: client, dynamodb: client, s3: client } as unknown as Clients,
    folder: "",
    trustedServices: new Map(),
    functions: new Map(),
    mappings: [],
    archives: new Map(),
    expiringTables: [],
  };
  const result = readTerraformDocument(file).then((read) => provision(read, provisioning));
  const problem = await result.then(
    () => "none",
    ({ name, message }: Error) => `${name}: ${message.replace(file, "cdk.tf.json")}`,
  );
  return { problem, provisioning };
}

/** The problem with the stack when its blocks of a type have one argument more, or another value of it. */
function problemWith(type: string, argument: string, value: unknown): Promise<string> {
  return problemOf(({ resource, data }) => {
    for (const block of Object.values({ ...resource[type], ...data[type] })) block[argument] = value;
  });
}

const MAPPING = "aws_lambda_event_source_mapping";

describe("An argument that the local cloud does not carry out", () => {
  it.each([
    [MAPPING, "enabled", false, "but the local cloud supports only true"],
    [MAPPING, "tumbling_window_in_seconds", 30, "but the local cloud supports only 0"],
    [MAPPING, "starting_position", "AT_TIMESTAMP", 'but what is supported is ("TRIM_HORIZON" | "LATEST")'],
    [MAPPING, "batch_size", 20_000, "but it must be a whole number from 1 to 10000"],
    [MAPPING, "batch_size", 0, "but it must be a whole number from 1 to 10000"],
    [MAPPING, "maximum_batching_window_in_seconds", 301, "but it must be a whole number from 0 to 300"],
    [MAPPING, "parallelization_factor", 11, "but it must be a whole number from 1 to 10"],
    [MAPPING, "maximum_retry_attempts", 10_001, "but it must be a whole number from -1 to 10000"],
    [MAPPING, "maximum_record_age_in_seconds", 59, "but it must be -1, or a whole number from 60 to 604800"],
    ["aws_lambda_function", "reserved_concurrent_executions", 0, "but the local cloud supports only -1"],
    ["aws_lambda_function", "memory_size", 127, "but it must be a whole number from 128 to 10240"],
    ["aws_lambda_function", "timeout", 901, "but it must be a whole number from 1 to 900"],
    ["aws_lambda_function", "runtime", "python3.13", "but the local cloud runs functions for Node.js only"],
    ["aws_kinesis_stream", "retention_period", 8761, "but it must be a whole number from 24 to 8760"],
    ["aws_kinesis_stream", "shard_count", 501, "but it must be a whole number from 1 to 500"],
    ["aws_kinesis_stream", "max_record_size_in_kib", 10_240, "but the local cloud supports only 1024"],
    ["aws_iam_role", "path", "/service/", 'but the local cloud supports only "/"'],
    ["aws_iam_access_key", "status", "Inactive", 'but the local cloud supports only "Active"'],
    ["archive_file", "type", "tar.gz", 'but the local cloud supports only "zip"'],
    ["aws_s3_bucket", "object_lock_enabled", true, "but the local cloud supports only false"],
  ])("%s.%s = %j is an error that says what is", async (type, argument, value, rule) => {
    const problem = await problemWith(type, argument, value);
    expect(problem).toMatch(
      new RegExp(`^CommandError: (data\\.)?${type}\\.[\\w-]+: argument ${argument} is `),
    );
    expect(problem).toContain(`: argument ${argument} is ${JSON.stringify(value)}, ${rule}`);
  });

  it.each([
    [MAPPING, "filter_criteria", { filter: [{ pattern: "{}" }] }],
    ["aws_lambda_function", "layers", ["arn"]],
    ["aws_lambda_function", "vpc_config", { subnet_ids: [] }],
    ["aws_kinesis_stream", "provider", "aws.other"],
    ["aws_dynamodb_table", "global_secondary_index", [{ name: "other" }]],
    ["aws_dynamodb_table", "stream_enabled", true],
    ["aws_s3_bucket", "region", "eu-west-1"],
    ["aws_cloudwatch_log_group", "name_prefix", "a"],
    ["aws_iam_role", "permissions_boundary", "arn"],
    ["aws_iam_user", "permissions_boundary", "arn"],
    ["aws_iam_user_policy", "count", 2],
    ["aws_iam_role_policy", "for_each", {}],
    ["aws_iam_policy_document", "override_policy_documents", ["{}"]],
    ["archive_file", "excludes", ["a"]],
  ])("%s.%s is an error that names those it knows", async (type, argument, value) => {
    expect(await problemWith(type, argument, value)).toContain(
      `: argument ${argument} is ${JSON.stringify(value)}, which the local cloud does not carry out; here it knows `,
    );
  });
});

describe("A nested block with an unknown argument", () => {
  it.each([
    [
      MAPPING,
      { destination_config: { on_failure: { destination_arn: "arn:aws:s3:::a", kms: 1 } } },
      "destination_config.on_failure.kms",
    ],
    ["aws_dynamodb_table", { ttl: { enabled: true, attribute_name: "a", grace: 1 } }, "ttl.grace"],
    [
      "aws_kinesis_stream",
      { stream_mode_details: { stream_mode: "ON_DEMAND", limit: 1 } },
      "stream_mode_details.limit",
    ],
    [
      "aws_iam_policy_document",
      { statement: [{ actions: ["a"], not_resources: 1 }] },
      "statement.0.not_resources",
    ],
  ])("of %s is an error: %j", async (type, blocks, path) => {
    const problem = await problemOf(({ resource, data }) => {
      for (const each of Object.values({ ...resource[type], ...data[type] })) Object.assign(each, blocks);
    });
    expect(problem).toContain(`argument ${path} is 1, which the local cloud does not carry out`);
  });

  it("that sets aside elsewhere than in S3 is an error", async () => {
    const queue = { on_failure: { destination_arn: "arn:aws:sqs:us-east-1:1:queue" } };
    expect(await problemWith(MAPPING, "destination_config", queue)).toContain(
      "but the local cloud can set aside in an S3 bucket only",
    );
  });
});

describe("A stack that means something else", () => {
  it("because Lambda may not assume the function's role is an error", async () => {
    const problem = await problemOf(({ data }) => {
      for (const { statement } of Object.values(data.aws_iam_policy_document ?? {}))
        for (const { principals } of statement as { principals?: { identifiers: string[] }[] }[])
          if (principals) for (const each of principals) each.identifiers = ["ec2.amazonaws.com"];
    });
    expect(problem).toBe(
      'CommandError: aws_lambda_function.event-processor: argument role is "arn:aws:iam::000000000000:role/stream-processing-DDBEventProcessor", but the trust policy of that role does not let lambda.amazonaws.com assume it',
    );
  });

  it("because a type is unknown is an error that names it", async () => {
    const problem = await problemOf(({ resource }) => {
      resource.aws_sqs_queue = { queue: { name: "a" } };
    });
    expect(problem).toMatch(
      /^CommandError: aws_sqs_queue\.queue: the local cloud does not carry out aws_sqs_queue; it carries out aws_kinesis_stream, /,
    );
  });

  it("because it has two providers, or another one, is an error", async () => {
    const second = await problemOf(({ provider }) =>
      provider.aws?.push({ region: "eu-west-1", alias: "other" }),
    );
    expect(second).toBe(
      "CommandError: cdk.tf.json is not a stack that can run here: provider.aws.1 is not supported by the local cloud",
    );
    const other = await problemOf(({ provider }) => Object.assign(provider, { google: [{}] }));
    expect(other).toContain("provider.google is not supported by the local cloud");
  });

  it("because an on-demand stream has a number of shards is an error", async () => {
    expect(
      await problemWith("aws_kinesis_stream", "stream_mode_details", { stream_mode: "ON_DEMAND" }),
    ).toContain("argument shard_count is 1, but an on-demand stream has none of its own");
  });
});

describe("An argument that the local cloud carries out", () => {
  it("is the time to live of a table", async () => {
    const { provisioning } = await provisioned(({ resource }) => {
      for (const table of Object.values(resource.aws_dynamodb_table ?? {}))
        table.ttl = { attribute_name: "ExpiresAt", enabled: true };
    });
    expect(provisioning.expiringTables).toEqual([
      { name: "stream-processing-EventData", keys: ["Username", "Id"], expiry: "ExpiresAt" },
    ]);
  });

  it("is a time to live that is switched off", async () => {
    const { provisioning } = await provisioned(({ resource }) => {
      for (const table of Object.values(resource.aws_dynamodb_table ?? {}))
        table.ttl = { attribute_name: "ExpiresAt", enabled: false };
    });
    expect(provisioning.expiringTables).toEqual([]);
  });

  it.each([
    [{ log_format: "JSON", application_log_level: "ERROR" }, ["JSON", "ERROR"]],
    [{ log_format: "JSON" }, ["JSON", "INFO"]],
    [{ log_format: "Text" }, [undefined, undefined]],
  ])("is the function's logging %j", async (logging_config, variables) => {
    const { provisioning } = await provisioned(({ resource }) => {
      for (const lambda of Object.values(resource.aws_lambda_function ?? {}))
        lambda.logging_config = logging_config;
    });
    const [declaration] = provisioning.functions.values();
    const { AWS_LAMBDA_LOG_FORMAT, AWS_LAMBDA_LOG_LEVEL } = declaration?.environment ?? {};
    expect([AWS_LAMBDA_LOG_FORMAT, AWS_LAMBDA_LOG_LEVEL]).toEqual(variables);
  });
});

describe("The project's own stack", () => {
  it("has no argument that is not known", async () => {
    expect(await problemOf(() => undefined)).toBe("none");
  });

  it.each([
    [
      {
        streamMode: "ON_DEMAND",
        retentionHours: 8760,
        timeToLiveDays: 1,
        protectData: true,
        batchSize: 10_000,
        batchWindowSeconds: 300,
        parallelizationFactor: 10,
        maximumRetryAttempts: 10_000,
        memorySize: 10_240,
        timeoutSeconds: 900,
        failureRetentionDays: 3650,
        logRetentionDays: 2557,
      },
      4,
      8760,
    ],
    [
      {
        stackName: "a",
        region: "eu-north-1",
        shardCount: 3,
        batchSize: 1,
        batchWindowSeconds: 0,
        maximumRetryAttempts: 0,
        memorySize: 128,
        timeoutSeconds: 10,
      },
      3,
      24,
    ],
  ])("runs with the settings %j", async (settings, shards, retention) => {
    const cloud = await startLocalCloud({
      stackFile: synthesizeStack(settings).file,
      port: 0,
      logFolder: temporaryDirectory(),
      onProblem: () => undefined,
    });
    const StreamName = cloud.outputs.stream_name;
    const { StreamDescriptionSummary } = await cloud.clients.kinesis
      .send(new DescribeStreamSummaryCommand({ StreamName }))
      .finally(cloud.stop);
    expect(StreamDescriptionSummary).toMatchObject({
      OpenShardCount: shards,
      RetentionPeriodHours: retention,
    });
  });
});
