import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { synthesizeStack } from "../support/synthesized-stack";

const stack = synthesizeStack();

describe("the stream", () => {
  it("is provisioned with one shard, keeps records for a day and is encrypted with AWS's own key", () => {
    expect(stack.only("resource", "aws_kinesis_stream")).toEqual({
      name: "stream-processing-EventStream",
      stream_mode_details: { stream_mode: "PROVISIONED" },
      shard_count: 1,
      retention_period: 24,
      encryption_type: "KMS",
      kms_key_id: "alias/aws/kinesis",
    });
  });

  it("has no number of shards when it scales on demand", () => {
    const stream = synthesizeStack({ streamMode: "ON_DEMAND" }).only("resource", "aws_kinesis_stream");
    expect(stream.stream_mode_details).toEqual({ stream_mode: "ON_DEMAND" });
    expect(stream).not.toHaveProperty("shard_count");
  });
});

describe("the table", () => {
  it("is keyed by author and post, paid per request and recoverable to any point in time", () => {
    expect(stack.only("resource", "aws_dynamodb_table")).toMatchObject({
      name: "stream-processing-EventData",
      hash_key: "Username",
      range_key: "Id",
      billing_mode: "PAY_PER_REQUEST",
      point_in_time_recovery: { enabled: true },
      deletion_protection_enabled: false,
    });
  });

  it("never expires items by default", () => {
    expect(stack.only("resource", "aws_dynamodb_table")).not.toHaveProperty("ttl");
    expect(stack.only("resource", "aws_lambda_function").environment).toMatchObject({
      variables: { TIME_TO_LIVE_DAYS: "0" },
    });
  });

  it("expires items after the time to live, which the function gets in its environment", () => {
    const expiring = synthesizeStack({ timeToLiveDays: 30 });
    expect(expiring.only("resource", "aws_dynamodb_table").ttl).toEqual({
      attribute_name: "ExpiresAt",
      enabled: true,
    });
    expect(expiring.only("resource", "aws_lambda_function").environment).toMatchObject({
      variables: { TIME_TO_LIVE_DAYS: "30" },
    });
  });
});

describe("the function", () => {
  const lambda = stack.only("resource", "aws_lambda_function");

  it("runs the zipped bundle on Node.js 24 and arm64, traced, with limits and a log group of its own", () => {
    expect(lambda).toMatchObject({
      function_name: "stream-processing-DDBEventProcessor",
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      handler: "index.handler",
      memory_size: 512,
      timeout: 60,
      tracing_config: { mode: "Active" },
      logging_config: { log_format: "JSON" },
    });
    expect(lambda.filename).toMatch(/^\$\{data\.archive_file\..*\.output_path\}$/);
    expect(stack.only("resource", "aws_cloudwatch_log_group")).toEqual({
      name: "/aws/lambda/stream-processing-DDBEventProcessor",
      retention_in_days: 14,
    });
  });

  it("gets the names of table and bucket by reference", () => {
    expect(lambda.environment).toMatchObject({
      variables: {
        TABLE_NAME: "${aws_dynamodb_table.event-table.name}",
        FAILURE_BUCKET_NAME: "${aws_s3_bucket.failure-bucket.bucket}",
      },
    });
  });

  it("is bundled into the folder that the archive provider zips", () => {
    const archive = stack.only("data", "archive_file");
    const folder = join(dirname(stack.file), String(archive.source_dir));
    expect(existsSync(join(folder, "index.mjs"))).toBe(true);
    expect(readdirSync(folder).every((file) => file.endsWith(".mjs"))).toBe(true);
    expect(archive).toMatchObject({ type: "zip", output_file_mode: "0644" });
  });

  it("is bundled to the same bytes every time, so that only changes are deployed", () => {
    expect(synthesizeStack().only("data", "archive_file")).toEqual(stack.only("data", "archive_file"));
  });
});

describe("the event source mapping", () => {
  it("reads from the start, reports single failures, bisects, and sets aside what keeps failing", () => {
    expect(stack.only("resource", "aws_lambda_event_source_mapping")).toMatchObject({
      event_source_arn: "${aws_kinesis_stream.event-stream.arn}",
      function_name: "${aws_lambda_function.event-processor.arn}",
      starting_position: "TRIM_HORIZON",
      batch_size: 500,
      maximum_batching_window_in_seconds: 1,
      parallelization_factor: 1,
      bisect_batch_on_function_error: true,
      function_response_types: ["ReportBatchItemFailures"],
      maximum_retry_attempts: 30,
      destination_config: { on_failure: { destination_arn: "${aws_s3_bucket.failure-bucket.arn}" } },
      metrics_config: { metrics: ["EventCount"] },
    });
  });

  it.each([
    [24, 6 * 3600],
    [168, 42 * 3600],
    [8760, 604_800],
  ])("sets a stuck batch aside long before %i hours of retention end", (retentionHours, seconds) => {
    const mapping = synthesizeStack({ retentionHours }).only("resource", "aws_lambda_event_source_mapping");
    expect(mapping.maximum_record_age_in_seconds).toBe(seconds);
  });

  it("is created after the permissions that Lambda checks", () => {
    const policies = stack.all("resource", "aws_iam_role_policy").length;
    expect(stack.only("resource", "aws_lambda_event_source_mapping").depends_on).toHaveLength(policies);
  });
});

describe("the failure bucket", () => {
  it("is private, encrypted and emptied after 90 days", () => {
    expect(stack.only("resource", "aws_s3_bucket_public_access_block")).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(stack.only("resource", "aws_s3_bucket_server_side_encryption_configuration").rule).toEqual([
      { apply_server_side_encryption_by_default: { sse_algorithm: "AES256" } },
    ]);
    expect(stack.only("resource", "aws_s3_bucket_lifecycle_configuration").rule).toMatchObject([
      { status: "Enabled", expiration: [{ days: 90 }] },
    ]);
  });

  it("denies requests without TLS", () => {
    const statements = stack.all("data", "aws_iam_policy_document").flatMap(({ statement }) => statement);
    expect(statements).toContainEqual(
      expect.objectContaining({
        effect: "Deny",
        condition: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
      }),
    );
  });

  it("keeps what it holds, as the table does, when the data is protected", () => {
    const guarded = synthesizeStack({ protectData: true });
    expect(guarded.only("resource", "aws_s3_bucket").force_destroy).toBe(false);
    expect(guarded.only("resource", "aws_dynamodb_table").deletion_protection_enabled).toBe(true);
  });
});

describe("the permissions", () => {
  const statements = stack.all("data", "aws_iam_policy_document").flatMap(({ statement }) => statement) as {
    actions: string[];
    resources?: string[];
  }[];
  const allowedOn = (resource: string) =>
    statements.filter(({ resources }) => resources?.includes(resource)).flatMap(({ actions }) => actions);

  it("let the producer put records on this stream and nothing else", () => {
    expect(stack.only("resource", "aws_iam_user").name).toBe("stream-processing-producer");
    expect(stack.all("resource", "aws_iam_user_policy")).toHaveLength(1);
    expect(statements.find(({ actions }) => actions.includes("kinesis:PutRecords"))).toEqual({
      actions: ["kinesis:DescribeStreamSummary", "kinesis:PutRecord", "kinesis:PutRecords"],
      resources: ["${aws_kinesis_stream.event-stream.arn}"],
    });
  });

  it("let the function write items and objects, and nothing more", () => {
    expect(allowedOn("${aws_dynamodb_table.event-table.arn}")).toEqual(["dynamodb:BatchWriteItem"]);
    expect(
      statements.filter(({ resources }) => resources?.includes("${aws_s3_bucket.failure-bucket.arn}/*"))[0],
    ).toEqual({ actions: ["s3:PutObject"], resources: ["${aws_s3_bucket.failure-bucket.arn}/*"] });
  });

  it("name every action and every resource, except for X-Ray, which has no resources", () => {
    expect(statements.flatMap(({ actions }) => actions).filter((action) => action.includes("*"))).toEqual([]);
    expect(allowedOn("*")).toEqual(["xray:PutTelemetryRecords", "xray:PutTraceSegments"]);
  });
});

describe("the outputs", () => {
  it("are what a client needs, the secret marked sensitive", () => {
    expect(Object.keys(stack.outputs).sort()).toEqual([
      "access_key_id",
      "failure_bucket_name",
      "function_name",
      "region",
      "secret_access_key",
      "stream_name",
      "table_name",
    ]);
    expect(stack.outputs.secret_access_key?.sensitive).toBe(true);
  });

  it("hold no secret in plain text: the key is a reference", () => {
    expect(stack.outputs.secret_access_key?.value).toMatch(/^\$\{aws_iam_access_key\..*\.secret\}$/);
    expect(stack.json).not.toMatch(/AKIA|ASIA/);
  });
});

describe("the names", () => {
  it("begin with the name of the stack", () => {
    const named = synthesizeStack({ stackName: "Tweets" });
    expect(named.only("resource", "aws_dynamodb_table").name).toBe("Tweets-EventData");
    expect(named.only("resource", "aws_lambda_function").function_name).toBe("Tweets-DDBEventProcessor");
    expect(named.only("resource", "aws_s3_bucket").bucket_prefix).toBe("tweets-failures-");
  });
});
