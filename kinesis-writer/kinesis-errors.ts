import { CommandError } from "../shared/errors";

/** Where a stream is. */
export interface StreamAddress {
  streamName: string;
  region: string;
  /** Defaults to AWS's own for the region. */
  endpoint?: string;
}

/** Whose credentials calls are signed with, and what to do when Kinesis does not accept them. */
export interface Caller {
  /** What messages call the credentials, such as `your AWS credentials`. */
  credentials: string;
  remedies: {
    notAllowed: string;
    unknown: string;
    wrongSecret: string;
  };
}

/**
 * Turns an error that no retry can cure into a message that says what to do. The service's own message is omitted where
 * it says less, or quotes the request.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html#API_PutRecords_Errors
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/CommonErrors.html
 */
export function fatalError(error: Error, stream: StreamAddress, caller: Caller): CommandError {
  return new CommandError(`${explanation(error, describeStream(stream), caller)} (${error.name})`);
}

/** Describes a stream in words that no other stream shares. */
export function describeStream({ streamName, region, endpoint }: StreamAddress): string {
  return `the stream ${streamName} in ${region}${endpoint ? ` at ${endpoint}` : ""}`;
}

function explanation(error: Error, where: string, { credentials, remedies }: Caller): string {
  switch (error.name) {
    case "ResourceNotFoundException":
      return `${where} does not exist; check its name and region, or deploy the stack with \`npm run deploy\``;
    case "AccessDeniedException":
      return `${credentials} may not put records on ${where}; ${remedies.notAllowed}`;
    case "UnrecognizedClientException":
    case "InvalidClientTokenId":
    case "MissingAuthenticationTokenException":
    case "NotAuthorized":
      return `${where} does not know ${credentials}; ${remedies.unknown}`;
    case "InvalidSignatureException":
    case "SignatureDoesNotMatch":
    case "IncompleteSignature":
      return `${where} does not accept the signature of ${credentials}; ${remedies.wrongSecret}, and check this machine's clock`;
    case "ExpiredTokenException":
    case "ExpiredToken":
    case "RequestExpired":
      return `${where} says that ${credentials} expired; get new ones, and check this machine's clock`;
    case "KMSAccessDeniedException":
    case "KMSDisabledException":
    case "KMSInvalidStateException":
    case "KMSNotFoundException":
    case "KMSOptInRequired":
      return `the KMS key that encrypts ${where} cannot be used; make sure that it is enabled and that ${credentials} may call kms:GenerateDataKey with it`;
    case "CredentialsProviderError":
    case "TokenProviderError":
      return `there are no credentials to call ${where} with: ${error.message}; ${remedies.unknown}`;
    default:
      return `${where} failed the call: ${error.message}`;
  }
}
