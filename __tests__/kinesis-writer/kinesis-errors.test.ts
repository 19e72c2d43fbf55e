import { describe, expect, it } from "@jest/globals";
import { describeStream, fatalError } from "../../kinesis-writer/kinesis-errors";
import { ExitCode } from "../../shared/errors";

const STREAM = { streamName: "posts", region: "eu-west-1" };
const WHERE = "the stream posts in eu-west-1";
const CALLER = {
  credentials: "the tester's key",
  remedies: { notAllowed: "ask for more", unknown: "ask for another", wrongSecret: "look it up" },
};

function failure(name: string): Error {
  return Object.assign(new Error("the service's own message"), { name });
}

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
    const error = fatalError(failure(name), STREAM, CALLER);
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
