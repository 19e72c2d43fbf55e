import { describe, expect, it } from "@jest/globals";
import { isAllowed, parsePolicy } from "../../../local/gateway/iam";

const caller = (...statements: object[]) => ({
  arn: "arn:aws:iam::000000000000:user/someone",
  statements: parsePolicy("test", JSON.stringify({ Statement: statements })),
});
const allow = (Action: unknown, Resource: unknown) => ({ Effect: "Allow", Action, Resource });
const stream = "arn:aws:kinesis:us-east-1:000000000000:stream/events";

describe("a policy", () => {
  it("allows what it names, and denies everything else", () => {
    const producer = caller(allow(["kinesis:PutRecords"], stream));
    expect(isAllowed(producer, "kinesis:PutRecords", stream)).toBe(true);
    expect(isAllowed(producer, "kinesis:DeleteStream", stream)).toBe(false);
    expect(isAllowed(producer, "kinesis:PutRecords", `${stream}-2`)).toBe(false);
    expect(isAllowed(caller(), "kinesis:PutRecords", stream)).toBe(false);
  });

  it("denies what one statement denies, even if another allows it", () => {
    const denied = caller(allow("*", "*"), { Effect: "Deny", Action: "kinesis:Delete*", Resource: "*" });
    expect(isAllowed(denied, "kinesis:DeleteStream", stream)).toBe(false);
    expect(isAllowed(denied, "kinesis:PutRecord", stream)).toBe(true);
  });

  it("has the wildcards of IAM, and no others", () => {
    expect(
      isAllowed(
        caller(allow("s3:Put?bject", "arn:aws:s3:::b.cket/*")),
        "s3:PutObject",
        "arn:aws:s3:::b.cket/a/b",
      ),
    ).toBe(true);
    expect(
      isAllowed(
        caller(allow("s3:PutObject", "arn:aws:s3:::b.cket/*")),
        "s3:PutObject",
        "arn:aws:s3:::bucket/a",
      ),
    ).toBe(false);
  });

  it("ignores the case of actions, as IAM does", () => {
    expect(isAllowed(caller(allow("kinesis:putrecord", stream)), "kinesis:PutRecord", stream)).toBe(true);
  });

  it("is an error when it contains what would be ignored here", () => {
    const conditional = { ...allow("*", "*"), Condition: { Bool: { "aws:SecureTransport": "true" } } };
    expect(() => parsePolicy("guard", JSON.stringify({ Statement: [conditional] }))).toThrow(
      "policy guard: Statement.0.Condition is not supported locally",
    );
  });
});
