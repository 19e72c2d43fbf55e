import { describe, expect, it } from "@jest/globals";
import { Warnings } from "../../../producer/delivery/warnings";

function start() {
  const said: string[] = [];
  return { said, warnings: new Warnings((message) => said.push(message)) };
}

describe("a warning of rejected input", () => {
  it("has the line, the reason and the detail, at once", () => {
    const { said, warnings } = start();
    warnings.addRejected(3, "invalid-json", "the 5 bytes are not JSON");
    warnings.addRejected(undefined, "invalid-event", "no id");
    const expected = [
      "rejected: line 3: invalid-json: the 5 bytes are not JSON",
      "rejected: invalid-event: no id",
    ];
    expect(said).toEqual(expected);
    warnings.close();
    expect(said).toEqual(expected);
  });

  it("is one of ten at most; the rest are counted by reason at the end", () => {
    const { said, warnings } = start();
    for (let line = 1; line <= 10; line++) warnings.addRejected(line, "a", "b");
    expect(said).toHaveLength(10);
    for (const reason of ["a", "c", "a"]) warnings.addRejected(11, reason, "b");
    expect(said).toHaveLength(10);
    warnings.close();
    expect(said.slice(10)).toEqual(["rejected: 2 more lines: a", "rejected: 1 more line: c"]);
  });
});

describe("a warning of undelivered records", () => {
  it("comes at the end, one a reason", () => {
    const { said, warnings } = start();
    for (const reason of ["too old", "stopped", "too old"]) warnings.addUndelivered(reason);
    expect(said).toEqual([]);
    warnings.close();
    expect(said).toEqual(["undelivered: 2 records: too old", "undelivered: 1 record: stopped"]);
  });
});
