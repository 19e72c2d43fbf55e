import { describe, expect, it } from "@jest/globals";
import { causeOf, isTimeout, isTransient } from "../../shared/aws-errors";

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
