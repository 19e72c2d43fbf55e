import type { EventSourceMappingSettings } from "../../local/lambda/event-source-mapping/mapping-settings";
import { STREAM_ARN } from "./kinesis-event";

/** Lambda's defaults, reading from the beginning of the stream, with some settings changed. */
export function mappingSettings(
  settings: Partial<EventSourceMappingSettings> = {},
): EventSourceMappingSettings {
  return {
    uuid: "f89f8514-cdd9-4602-9e1f-01a5b77d449b",
    streamArn: STREAM_ARN,
    functionArn: "arn:aws:lambda:eu-west-1:123456789012:function:test",
    roleArn: "arn:aws:iam::123456789012:role/test",
    region: "eu-west-1",
    startingPosition: "TRIM_HORIZON",
    batchSize: 100,
    batchWindowSeconds: 0,
    parallelizationFactor: 1,
    bisectBatchOnFunctionError: false,
    reportBatchItemFailures: false,
    maximumRetryAttempts: -1,
    maximumRecordAgeSeconds: -1,
    ...settings,
  };
}

const GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg";
const RECORDED =
  "https://github.com/localstack/localstack/blob/main/tests/aws/services/lambda_/event_source_mapping";

/** Where the mapping's rules come from. */
export const source = {
  batching: `${GUIDE}/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching`,
  polling: `${GUIDE}/with-kinesis.html#kinesis-polling-and-batching`,
  parameters: `${GUIDE}/services-kinesis-parameters.html`,
  failures: `${GUIDE}/kinesis-on-failure-destination.html`,
  responses: `${GUIDE}/services-kinesis-batchfailurereporting.html`,
  runtime: `${GUIDE}/lambda-runtime-environment.html`,
  resharding: "https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html",
  /** What AWS answered when LocalStack's tests ran against it. */
  recorded: `${RECORDED}/test_lambda_integration_kinesis.snapshot.json`,
};
