import type { Caller } from "../kinesis-writer/kinesis-errors";

/** The producer calls Kinesis with the access key of its own IAM user. */
export const PRODUCER: Caller = {
  credentials: "the producer's access key",
  remedies: {
    notAllowed: "use the key of the stack's outputs, or allow it kinesis:PutRecords on this stream",
    unknown: "it may have been replaced: read the stack's outputs again, or check PRODUCER_ACCESS_KEY_ID",
    wrongSecret: "check PRODUCER_SECRET_ACCESS_KEY",
  },
};
