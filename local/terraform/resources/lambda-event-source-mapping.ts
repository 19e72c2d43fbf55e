import { randomUUID } from "node:crypto";
import * as v from "valibot";
import { CommandError } from "../../../shared/errors";
import { block, defineResource, only, wholeNumber } from "../resource-type";

const RECORD_AGE_RULE = "but it must be -1, or a whole number from 60 to 604800";

const S3_BUCKET_ARN = "arn:aws:s3:::";

/**
 * A mapping from a stream to a function, to be run by the local cloud.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html the limits
 */
export const lambdaEventSourceMapping = defineResource({
  arguments: {
    event_source_arn: v.string(),
    function_name: v.string(),
    enabled: only(true),
    starting_position: v.picklist(["TRIM_HORIZON", "LATEST"]),
    batch_size: v.optional(wholeNumber(1, 10_000), 100),
    maximum_batching_window_in_seconds: v.optional(wholeNumber(0, 300), 0),
    tumbling_window_in_seconds: only(0),
    parallelization_factor: v.optional(wholeNumber(1, 10), 1),
    bisect_batch_on_function_error: v.optional(v.boolean(), false),
    function_response_types: v.optional(v.array(v.literal("ReportBatchItemFailures")), []),
    maximum_retry_attempts: v.optional(wholeNumber(-1, 10_000), -1),
    maximum_record_age_in_seconds: v.optional(
      v.pipe(
        v.number(RECORD_AGE_RULE),
        v.check((seconds) => seconds === -1 || v.is(wholeNumber(60, 604_800), seconds), RECORD_AGE_RULE),
      ),
      -1,
    ),
    destination_config: v.optional(
      block({
        on_failure: block({
          destination_arn: v.pipe(
            v.string(),
            v.startsWith(S3_BUCKET_ARN, "but the local cloud can set aside in an S3 bucket only"),
          ),
        }),
      }),
    ),
  },
  harmless: { metrics_config: "there are no metrics on one machine" },

  create(args, { account, functions, mappings }) {
    const target = functions.get(args.function_name);
    if (!target)
      throw new CommandError(
        `an event source mapping invokes ${args.function_name}, but the stack declares no such function`,
      );

    const uuid = randomUUID();
    const destinationArn = args.destination_config?.on_failure.destination_arn;
    mappings.push({
      uuid,
      streamArn: args.event_source_arn,
      functionArn: target.arn,
      roleArn: target.roleArn,
      region: account.region,
      startingPosition: args.starting_position,
      batchSize: args.batch_size,
      batchWindowSeconds: args.maximum_batching_window_in_seconds,
      parallelizationFactor: args.parallelization_factor,
      bisectBatchOnFunctionError: args.bisect_batch_on_function_error,
      reportBatchItemFailures: args.function_response_types.includes("ReportBatchItemFailures"),
      maximumRetryAttempts: args.maximum_retry_attempts,
      maximumRecordAgeSeconds: args.maximum_record_age_in_seconds,
      ...(destinationArn !== undefined && { destinationBucket: destinationArn.slice(S3_BUCKET_ARN.length) }),
    });
    return { id: uuid, uuid };
  },
});
