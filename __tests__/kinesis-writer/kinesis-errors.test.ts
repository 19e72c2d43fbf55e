import { describe, expect, it } from "@jest/globals";
import {
  causeOf,
  describeStream,
  fatalError,
  isTimeout,
  isTransient,
} from "../../kinesis-writer/kinesis-errors";
import { ExitCode } from "../../shared/errors";

const STREAM = { streamName: "posts", region: "eu-west-1" };
const WHERE = "the stream posts in eu-west-1";
const CALLER = {
  credentials: "the tester's key",
  remedies: { notAllowed: "ask for more", unknown: "ask for another", wrongSecret: "look it up" },
};

/** An error of the service if it has a status, or else one of this machine. */
function failure(name: string, { status, code }: { status?: number; code?: string } = {}): Error {
  return Object.assign(new Error("the service's own message"), {
    name,
    ...(code !== undefined && { code }),
    ...(status !== undefined && { $metadata: { httpStatusCode: status } }),
  });
}

describe("an error is transient", () => {
  it.each([
    ["ProvisionedThroughputExceededException", { status: 400 }],
    ["KMSThrottlingException", { status: 400 }],
    ["ThrottlingException", { status: 400 }],
    ["UnknownError", { status: 429 }],
    ["InternalFailure", { status: 500 }],
    ["UnknownError", { status: 503 }],
    ["UnknownError", { status: 599 }],
    ["TimeoutError", {}],
    ...[
      "ECONNRESET",
      "ECONNREFUSED",
      "ECONNABORTED",
      "EPIPE",
      "ETIMEDOUT",
      "EHOSTUNREACH",
      "EHOSTDOWN",
      "ENETUNREACH",
      "ENETDOWN",
      "ENETRESET",
      "ENOTFOUND",
      "EAI_AGAIN",
      "EPROTO",
      "ERR_STREAM_PREMATURE_CLOSE",
      "HPE_INVALID_CONSTANT",
    ].map((code): [string, object] => ["Error", { code }]),
  ])("if it is %s %j", (name, values) => {
    expect(isTransient(failure(name, values))).toBe(true);
  });
});

describe("an error is not transient", () => {
  it.each([
    ["AccessDeniedException", { status: 400 }],
    ["ResourceNotFoundException", { status: 400 }],
    ["ValidationException", { status: 400 }],
    ["KMSDisabledException", { status: 400 }],
    ["SyntaxError", { status: 200 }],
    ["CredentialsProviderError", {}],
    ["CredentialsProviderError", { code: "ECONNREFUSED" }],
    ["TokenProviderError", { code: "ECONNREFUSED" }],
    ["AbortError", {}],
    ["Error", {}],
    ["TypeError", {}],
    ["TypeError", { code: "ERR_INVALID_ARG_TYPE" }],
    ["Error", { code: "ENOSPC" }],
    ["Error", { code: "CERT_HAS_EXPIRED" }],
    ["Error", { code: "NOT_HPE_INVALID" }],
    ["Error", { code: "XEPROTO" }],
    ["Error", { code: "EPROTOTYPE" }],
  ])("if it is %s %j", (name, values) => {
    expect(isTransient(failure(name, values))).toBe(false);
  });
});

describe("an error is a time-out", () => {
  it.each([
    ["TimeoutError", {}, true],
    ["TimeoutError", { code: "ETIMEDOUT" }, true],
    ["TimeoutError", { code: "ECONNRESET" }, false],
    ["Error", {}, false],
    ["Error", { code: "ETIMEDOUT" }, false],
  ])("if the service was silent: %s %j", (name, values, expected) => {
    expect(isTimeout(failure(name, values))).toBe(expected);
  });
});

describe("the cause of a failed call", () => {
  it.each([
    ["TimeoutError", {}, "TimeoutError"],
    ["TimeoutError", { code: "ECONNRESET" }, "ECONNRESET"],
    ["InternalFailure", { status: 500 }, "InternalFailure"],
    ["Unknown", { status: 500 }, "HTTP 500"],
    ["UnknownError", { status: 502 }, "HTTP 502"],
    ["SyntaxError", { status: 503 }, "HTTP 503"],
    ["SyntaxError", {}, "SyntaxError"],
    ["UnknownErrors", { status: 500 }, "UnknownErrors"],
    ["NotUnknown", { status: 500 }, "NotUnknown"],
    ["Error", {}, "the service's own message"],
  ])("of %s %j", (name, values, expected) => {
    expect(causeOf(failure(name, values))).toBe(expected);
  });
});

const unknown = `${WHERE} does not know the tester's key; ask for another`;
const signature = `${WHERE} does not accept the signature of the tester's key; look it up, and check this machine's clock`;
const expired = `${WHERE} says that the tester's key expired; get new ones, and check this machine's clock`;
const kms = `the KMS key that encrypts ${WHERE} cannot be used; make sure that it is enabled and that the tester's key may call kms:GenerateDataKey with it`;
const none = `there are no credentials to call ${WHERE} with: the service's own message; ask for another`;

describe("an error that no retry can cure says what to do", () => {
  it.each([
    [
      "ResourceNotFoundException",
      `${WHERE} does not exist; check its name and region, or deploy the stack with \`npm run deploy\``,
    ],
    ["AccessDeniedException", `the tester's key may not put records on ${WHERE}; ask for more`],
    ["UnrecognizedClientException", unknown],
    ["InvalidClientTokenId", unknown],
    ["MissingAuthenticationTokenException", unknown],
    ["NotAuthorized", unknown],
    ["InvalidSignatureException", signature],
    ["SignatureDoesNotMatch", signature],
    ["IncompleteSignature", signature],
    ["ExpiredTokenException", expired],
    ["ExpiredToken", expired],
    ["RequestExpired", expired],
    ["KMSAccessDeniedException", kms],
    ["KMSDisabledException", kms],
    ["KMSInvalidStateException", kms],
    ["KMSNotFoundException", kms],
    ["KMSOptInRequired", kms],
    ["CredentialsProviderError", none],
    ["TokenProviderError", none],
    ["ValidationException", `${WHERE} failed the call: the service's own message`],
  ])("on %s", (name, sentence) => {
    const error = fatalError(failure(name, { status: 400 }), STREAM, CALLER);
    expect(error.message).toBe(`${sentence} (${name})`);
    expect(error.exitCode).toBe(ExitCode.failed);
  });
});

describe("a stream is described", () => {
  it("by its name and region", () => {
    expect(describeStream(STREAM)).toBe("the stream posts in eu-west-1");
  });

  it("and by its endpoint, if that is not AWS's own", () => {
    expect(describeStream({ ...STREAM, endpoint: "http://127.0.0.1:1" })).toBe(
      "the stream posts in eu-west-1 at http://127.0.0.1:1",
    );
  });
});
