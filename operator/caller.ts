import type { Caller } from "../kinesis-writer/kinesis-errors";

/** How to provide the credentials that the SDK's default chain finds. */
export const SIGN_IN = "sign in as for the AWS CLI, for example with AWS_PROFILE";

/** The operator's commands call Kinesis with the operator's own credentials. */
export const OPERATOR: Caller = {
  credentials: "your AWS credentials",
  remedies: {
    notAllowed: "they need kinesis:PutRecords on it",
    unknown: SIGN_IN,
    wrongSecret: SIGN_IN,
  },
};
