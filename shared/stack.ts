import * as v from "valibot";

/** The Terraform outputs of a deployed stack. */
export const StackOutputs = v.object({
  stream_name: v.string(),
  region: v.string(),
  access_key_id: v.string(),
  secret_access_key: v.string(),
  table_name: v.string(),
  function_name: v.string(),
  failure_bucket_name: v.string(),
});

export type StackOutputs = v.InferOutput<typeof StackOutputs>;

/** An access key of AWS, or of the local cloud. */
export const StackCredentials = v.object({ accessKeyId: v.string(), secretAccessKey: v.string() });

export type StackCredentials = v.InferOutput<typeof StackCredentials>;

/** A running stack, in an AWS account or in the local cloud. */
export interface Stack {
  outputs: StackOutputs;
  /** Where its services answer; defaults to AWS's own addresses. */
  endpoint?: string;
  /** The operator's credentials; defaults to those that the SDK's default chain finds. */
  operator?: StackCredentials;
}
