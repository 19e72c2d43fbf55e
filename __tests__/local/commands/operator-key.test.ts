import { describe, expect, it } from "@jest/globals";
import { operatorKeyOf } from "../../../local/commands/operator-key";

const set = (OPERATOR_ACCESS_KEY_ID?: string, OPERATOR_SECRET_ACCESS_KEY?: string) =>
  operatorKeyOf({ OPERATOR_ACCESS_KEY_ID, OPERATOR_SECRET_ACCESS_KEY });

describe("the operator's access key", () => {
  it("is what the environment sets, and otherwise new with each start", () => {
    expect(set("operator", "s3cret/+")).toEqual({ accessKeyId: "operator", secretAccessKey: "s3cret/+" });
    expect(set()).toBeUndefined();
    expect(set("", "")).toBeUndefined();
  });

  it.each([
    ["operator", undefined, "belong together; set both, or none for a new key"],
    ["", "s3cret", "belong together; set both, or none for a new key"],
    [
      "a/b",
      "s3cret",
      'OPERATOR_ACCESS_KEY_ID is "a/b"; an access key\'s ID has up to 128 letters and digits',
    ],
    ["operator", "s3cret ", "OPERATOR_SECRET_ACCESS_KEY has white space; remove it"],
  ])("is an error that shows no secret: %s %s", (id, secret, message) => {
    expect(() => set(id, secret)).toThrow(message);
    expect(() => set(id, secret)).not.toThrow("s3cret");
  });
});
