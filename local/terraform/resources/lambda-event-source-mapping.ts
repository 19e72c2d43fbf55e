import { randomUUID } from "node:crypto";
import * as v from "valibot";
import { CommandError } from "../../../shared/errors";
import { defineResource } from "../resource-type";

/** A mapping from a stream to a function, to be run by the local cloud. */
export const lambdaEventSourceMapping = defineResource({
  arguments: v.object({
    event_source_arn: v.string(),
    function_name: v.string(),
    starting_position: v.picklist(["TRIM_HORIZON", "LATEST"]),
    batch_size: v.optional(v.number(), 100),
    maximum_batching_window_in_seconds: v.optional(v.number(), 0),
    parallelization_factor: v.optional(v.number(), 1),
    bisect_batch_on_function_error: v.optional(v.boolean(), false),
    function_response_types: v.optional(v.array(v.string()), []),
    maximum_retry_attempts: v.optional(v.number(), -1),
    maximum_record_age_in_seconds: v.optional(v.number(), -1),
    destination_config: v.optional(v.object({ on_failure: v.object({ destination_arn: v.string() }) })),
  }),

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
      ...(destinationArn !== undefined && { destinationBucket: destinationArn.replace("arn:aws:s3:::", "") }),
    });
    return { id: uuid, uuid };
  },
});
