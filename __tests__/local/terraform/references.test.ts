import { describe, expect, it } from "@jest/globals";
import { resolveReferences } from "../../../local/terraform/references";

const resolve = (value: unknown) =>
  resolveReferences(value, async (address) => ({ arn: `arn:${address}`, size: 7 }));

describe("a reference", () => {
  it("is replaced at any depth, and among other text", async () => {
    const value = {
      list: ["${a_b.c.arn}/*", "plain"],
      nested: { text: "${a_b.c-d_E1.arn} and ${data.e_f.g.arn}" },
    };
    expect(await resolve(value)).toEqual({
      list: ["arn:a_b.c/*", "plain"],
      nested: { text: "arn:a_b.c-d_E1 and arn:data.e_f.g" },
    });
  });

  it("keeps the type of what it refers to when there is no other text", async () => {
    expect(await resolve(["${a_b.c.size}", "${a_b.c.size}0", 3, null, true])).toEqual([
      7,
      "70",
      3,
      null,
      true,
    ]);
  });

  it("to an attribute that does not exist is an error that names it", async () => {
    await expect(resolve("${a_b.c.id}")).rejects.toThrow(
      "${a_b.c.id} cannot be resolved locally: a_b.c has no attribute id here, only arn, size",
    );
  });

  it.each(['${join(",", a_b.c.arn)}', "${a_b.c[0].arn}", "${var.name}"])(
    "%s is an error that names it",
    async (expression) => {
      await expect(resolve(expression)).rejects.toThrow(`${expression} cannot be resolved locally`);
    },
  );
});
