import { isServerError, isThrottlingError, isTransientError } from "@smithy/core/retry";
import { CommandError } from "../cli/command";

/** The stream that an error is about, as a person knows it. */
export interface StreamAddress {
  streamName: string;
  region: string;
  endpoint?: string;
}

/** What the SDK's own classification takes: an error, with what the SDK adds to it. */
type SdkError = Parameters<typeof isTransientError>[0];

/**
 * Whether the same call may succeed later: nobody answered, or the service did with throttling or a fault of its own.
 */
export function isTransient(error: Error): boolean {
  const sdkError = error as SdkError;
  return (
    sdkError.$metadata?.httpStatusCode === undefined ||
    error.name === "KMSThrottlingException" ||
    isThrottlingError(sdkError) ||
    isTransientError(sdkError) ||
    isServerError(sdkError)
  );
}

/**
 * Turns an error that no retry will mend into what a person has to do. The service's own words are left out where
 * they say less, or quote the request.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html#API_PutRecords_Errors
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/CommonErrors.html
 */
export function fatalError(error: Error, stream: StreamAddress): CommandError {
  const where = `the stream ${stream.streamName} in ${stream.region}${stream.endpoint ? ` at ${stream.endpoint}` : ""}`;
  return new CommandError(`${explanation(error, where)} (${error.name})`);
}

function explanation(error: Error, where: string): string {
  switch (error.name) {
    case "ResourceNotFoundException":
      return `${where} does not exist; check its name and region, or deploy the stack with \`npm run deploy\``;
    case "AccessDeniedException":
      return `the producer's access key may not put records on ${where}; use the key of the stack's outputs, or allow it kinesis:PutRecords on this stream`;
    case "UnrecognizedClientException":
    case "InvalidClientTokenId":
    case "MissingAuthenticationTokenException":
    case "NotAuthorized":
      return `the producer's access key is not known to ${where}; it may have been replaced: read the stack's outputs again, or check PRODUCER_ACCESS_KEY_ID`;
    case "InvalidSignatureException":
    case "SignatureDoesNotMatch":
    case "IncompleteSignature":
      return `the secret does not belong to the producer's access key for ${where}; check PRODUCER_SECRET_ACCESS_KEY, and this machine's clock`;
    case "ExpiredTokenException":
    case "ExpiredToken":
    case "RequestExpired":
      return `the producer's credentials for ${where} have expired; get new ones, and check this machine's clock`;
    case "KMSAccessDeniedException":
    case "KMSDisabledException":
    case "KMSInvalidStateException":
    case "KMSNotFoundException":
    case "KMSOptInRequired":
      return `the KMS key that encrypts ${where} cannot be used; see that it is enabled and that the producer's user may call kms:GenerateDataKey with it`;
    default:
      return `${where} refused the call: ${error.message}`;
  }
}
