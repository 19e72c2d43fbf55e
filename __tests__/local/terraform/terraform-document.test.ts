import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { readTerraformDocument, resolveReferences } from "../../../local/terraform/terraform-document";
import { synthesizeStack } from "../../support/synthesized-stack";
import { temporaryDirectory } from "../../support/temporary-directory";

describe("the synthesized document", () => {
  it("is read with the addresses that Terraform knows its blocks by", async () => {
    const { blocks, outputs, region, folder } = await readTerraformDocument(synthesizeStack().file);
    expect(blocks.get("aws_kinesis_stream.event-stream")?.arguments).toMatchObject({
      name: "stream-processing-EventStream",
    });
    expect([...blocks.keys()].filter((address) => address.startsWith("data.archive_file."))).toHaveLength(1);
    expect(outputs.stream_name).toBe("${aws_kinesis_stream.event-stream.name}");
    expect(region).toBe("us-east-1");
    expect(folder).toMatch(/stream-processing$/);
  });

  it("is refused with its path when it is missing", async () => {
    await expect(readTerraformDocument("nowhere/cdk.tf.json")).rejects.toThrow(
      "nowhere/cdk.tf.json cannot be read: ENOENT",
    );
  });

  it("is refused with the place when it is something else", async () => {
    const file = join(temporaryDirectory(), "cdk.tf.json");
    await writeFile(file, '{"resource":{},"provider":{}}');
    await expect(readTerraformDocument(file)).rejects.toThrow(
      `${file} is not a synthesized stack: provider.aws`,
    );
  });
});

describe("a reference", () => {
  const attributesOf = async (address: string) => ({ arn: `arn:${address}`, size: 7 });
  const resolve = (value: unknown) => resolveReferences(value, attributesOf);

  it("is replaced wherever it stands, among other text too", async () => {
    const value = {
      list: ["${a_b.c.arn}/*", "plain"],
      nested: { text: "${a_b.c-d_E1.arn} and ${data.e_f.g.arn}" },
    };
    expect(await resolve(value)).toEqual({
      list: ["arn:a_b.c/*", "plain"],
      nested: { text: "arn:a_b.c-d_E1 and arn:data.e_f.g" },
    });
  });

  it("keeps the type of what it refers to when it stands alone", async () => {
    expect(await resolve(["${a_b.c.size}", "${a_b.c.size}0", 3, null, true])).toEqual([
      7,
      "70",
      3,
      null,
      true,
    ]);
  });

  it("to an attribute that is not there is an error that names it", async () => {
    await expect(resolve("${a_b.c.id}")).rejects.toThrow(
      "${a_b.c.id} cannot be resolved locally: a_b.c has no attribute id here, only arn, size.",
    );
  });

  it.each(['${join(",", a_b.c.arn)}', "${a_b.c[0].arn}", "${var.name}"])(
    "%s is an error that names it",
    async (expression) => {
      await expect(resolve(expression)).rejects.toThrow(`${expression} cannot be resolved locally`);
    },
  );
});
