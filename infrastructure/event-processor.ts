import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { Construct } from "constructs";
import packageJson from "../package.json";
import type { EventStream } from "./event-stream";
import type { EventTable } from "./event-table";
import type { FailureBucket } from "./failure-bucket";
import { allowRole } from "./inline-policy";
import { NodeFunctionBundle } from "./node-function-bundle";
import type { StackSettings } from "./stack-settings";

/** What the event processor reads from and writes to. */
export interface EventProcessorParts {
  stream: EventStream;
  table: EventTable;
  failureBucket: FailureBucket;
}

/** The Lambda function that stores the stream's events in the table, and everything it needs to run. */
export class EventProcessor extends Construct {
  readonly functionName: string;

  constructor(scope: Construct, id: string, settings: StackSettings, parts: EventProcessorParts) {
    super(scope, id);
    const name = `${settings.stackName}-DDBEventProcessor`;

    const role = this.#createRole(name);
    const logGroup = new CloudwatchLogGroup(this, "log-group", {
      name: `/aws/lambda/${name}`,
      retentionInDays: settings.logRetentionDays,
    });
    const permissions = [
      this.#grantTelemetry(role, logGroup),
      parts.stream.grantRead(role),
      parts.table.grantBatchWrite(role),
      parts.failureBucket.grantSetAside(role),
    ];
    const lambda = this.#createFunction(name, settings, { ...parts, role, logGroup, permissions });
    this.#connect(lambda, settings, parts, permissions);
    this.functionName = lambda.functionName;
  }

  #createRole(name: string): IamRole {
    const trust = new DataAwsIamPolicyDocument(this, "trust", {
      statement: [
        {
          actions: ["sts:AssumeRole"],
          principals: [{ type: "Service", identifiers: ["lambda.amazonaws.com"] }],
        },
      ],
    });
    return new IamRole(this, "role", { name, assumeRolePolicy: trust.json });
  }

  #grantTelemetry(role: IamRole, logGroup: CloudwatchLogGroup): IamRolePolicy {
    return allowRole(
      role,
      "write-telemetry",
      { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [`${logGroup.arn}:*`] },
      // X-Ray's write actions cannot be limited to resources:
      // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
      { actions: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources: ["*"] },
    );
  }

  #createFunction(
    functionName: string,
    settings: StackSettings,
    parts: EventProcessorParts & {
      role: IamRole;
      logGroup: CloudwatchLogGroup;
      permissions: IamRolePolicy[];
    },
  ): LambdaFunction {
    const code = new NodeFunctionBundle(this, "bundle", "functions/event-processor/handler.ts");

    return new LambdaFunction(this, "Default", {
      functionName,
      description: "Stores the events of the stream in the table",
      role: parts.role.arn,
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      filename: code.zipFile,
      sourceCodeHash: code.hash,
      handler: code.handler,
      memorySize: settings.memorySize,
      timeout: settings.timeoutSeconds,
      tracingConfig: { mode: "Active" },
      loggingConfig: {
        logFormat: "JSON",
        logGroup: parts.logGroup.name,
        applicationLogLevel: "INFO",
        systemLogLevel: "WARN",
      },
      environment: {
        variables: {
          TABLE_NAME: parts.table.name,
          FAILURE_BUCKET_NAME: parts.failureBucket.name,
          TIME_TO_LIVE_DAYS: String(settings.timeToLiveDays),
          PROCESSOR_VERSION: packageJson.version,
          POWERTOOLS_SERVICE_NAME: functionName,
          POWERTOOLS_METRICS_NAMESPACE: settings.stackName,
        },
      },
      dependsOn: parts.permissions,
    });
  }

  /**
   * Connects the stream to the function. The batch of a failed invocation is halved before it is retried. A batch that
   * keeps failing is set aside in the failure bucket while the records behind it still have most of their retention left.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
   */
  #connect(
    lambda: LambdaFunction,
    settings: StackSettings,
    { stream, failureBucket }: EventProcessorParts,
    permissions: IamRolePolicy[],
  ): void {
    new LambdaEventSourceMapping(this, "event-source-mapping", {
      eventSourceArn: stream.arn,
      functionName: lambda.arn,
      startingPosition: "TRIM_HORIZON",
      batchSize: settings.batchSize,
      maximumBatchingWindowInSeconds: settings.batchWindowSeconds,
      parallelizationFactor: settings.parallelizationFactor,
      functionResponseTypes: ["ReportBatchItemFailures"],
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: settings.maximumRetryAttempts,
      maximumRecordAgeInSeconds: maximumRecordAgeSeconds(settings.retentionHours),
      destinationConfig: { onFailure: { destinationArn: failureBucket.arn } },
      metricsConfig: { metrics: ["EventCount"] },
      // Lambda checks the role's permissions when the mapping is created.
      dependsOn: permissions,
    });
  }
}

/** Lambda's upper limit of MaximumRecordAgeInSeconds: seven days. */
const LONGEST_RECORD_AGE_SECONDS = 604_800;

/** A quarter of the stream's retention: three quarters are left for the records behind a stuck batch. */
function maximumRecordAgeSeconds(retentionHours: number): number {
  return Math.min((retentionHours * 3600) / 4, LONGEST_RECORD_AGE_SECONDS);
}
