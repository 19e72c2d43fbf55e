import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { readTerraformDocument } from "../../../local/terraform/terraform-document";
import { synthesizeStack } from "../../support/synthesized-stack";
import { temporaryDirectory } from "../../support/temporary-directory";

describe("the synthesized document", () => {
  it("has its blocks by Terraform's addresses", async () => {
    const { blocks, outputs, region, folder } = await readTerraformDocument(synthesizeStack().file);
    expect(blocks.get("aws_kinesis_stream.event-stream")?.arguments).toMatchObject({
      name: "stream-processing-EventStream",
    });
    expect([...blocks.keys()].filter((address) => address.startsWith("data.archive_file."))).toHaveLength(1);
    expect(outputs.stream_name).toBe("${aws_kinesis_stream.event-stream.name}");
    expect(region).toBe("us-east-1");
    expect(folder).toMatch(/stream-processing$/);
  });

  it("is an error that names the file when it is missing", async () => {
    await expect(readTerraformDocument("nowhere/cdk.tf.json")).rejects.toThrow(
      "nowhere/cdk.tf.json cannot be read: ENOENT",
    );
  });

  it("is an error that names the place when it is not a stack", async () => {
    const file = join(temporaryDirectory(), "cdk.tf.json");
    await writeFile(file, '{"resource":{},"provider":{}}');
    await expect(readTerraformDocument(file)).rejects.toThrow(
      `${file} is not a stack that can run here: provider.aws is missing`,
    );
  });
});
