import { isServerError, isThrottlingError, isTransientError } from "@smithy/core/retry";

/** What the SDK throws when it finds no credentials, or when those of a session have expired. */
export const NO_CREDENTIALS: readonly string[] = ["CredentialsProviderError", "TokenProviderError"];

/** Whether the same call may succeed later: the network failed, it was throttled, or it met a fault of the service. */
export function isTransient(error: Error): boolean {
  if (NO_CREDENTIALS.includes(error.name)) return false;
  return (
    error.name === "KMSThrottlingException" ||
    ("code" in error && CONNECTION_LOST.test(String(error.code))) ||
    isThrottlingError(error as SdkError) ||
    isTransientError(error as SdkError) ||
    isServerError(error as SdkError)
  );
}

/** Whether the service was silent for too long. The SDK gives the same name to connections that are lost. */
export function isTimeout(error: Error): boolean {
  return error.name === "TimeoutError" && (!("code" in error) || error.code === "ETIMEDOUT");
}

/** The cause of a failed call, in a word or two. */
export function causeOf(error: Error): string {
  const status = (error as SdkError).$metadata?.httpStatusCode;
  if ("code" in error) return String(error.code);
  if (status !== undefined && /^(Unknown(Error)?|SyntaxError)$/.test(error.name)) return `HTTP ${status}`;
  return error.name === "Error" ? error.message : error.name;
}

/** What the SDK's own classification takes: an error, with what the SDK adds to it. */
type SdkError = Parameters<typeof isTransientError>[0];

/** Codes of lost connections that the SDK's classification does not know. */
const CONNECTION_LOST =
  /^(ECONNABORTED|EHOSTDOWN|ENETDOWN|ENETRESET|EPROTO|ERR_STREAM_PREMATURE_CLOSE|HPE_.+)$/;
