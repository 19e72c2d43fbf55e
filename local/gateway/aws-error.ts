import type { Service } from "./emulators";
import type { Answer } from "./http-server";

/**
 * An error as AWS sends it: each service has a content type and a format of its own.
 * @param code AWS's name for the error, such as `AccessDeniedException`
 */
export function awsError(
  service: Service | undefined,
  status: number,
  code: string,
  message: string,
): Answer {
  switch (service) {
    case "s3":
      return {
        status,
        contentType: "application/xml",
        body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`,
      };
    case "dynamodb":
      return json("application/x-amz-json-1.0", status, `com.amazon.coral.service#${code}`, message);
    default:
      return json("application/x-amz-json-1.1", status, code, message);
  }
}

/** What AWS answers when it does not know the access key. */
export function unknownKey(service: Service): Answer {
  return service === "s3"
    ? awsError(
        service,
        403,
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
      )
    : awsError(
        service,
        400,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
      );
}

/** What AWS answers when the caller's policies do not allow the action. */
export function accessDenied(
  service: Service,
  caller: string,
  action: string,
  resource: string | undefined,
): Answer {
  const message = notAuthorized(caller, action, resource);
  return service === "s3"
    ? awsError(service, 403, "AccessDenied", message)
    : awsError(service, 400, "AccessDeniedException", message);
}

/** What a caller may not do, in AWS's words. */
export function notAuthorized(caller: string, action: string, resource: string | undefined): string {
  const on = resource === undefined ? "" : ` on resource: ${resource}`;
  return `User: ${caller} is not authorized to perform: ${action}${on} because no identity-based policy allows the ${action} action`;
}

function json(contentType: string, status: number, __type: string, message: string): Answer {
  return { status, contentType, body: JSON.stringify({ __type, message }) };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
