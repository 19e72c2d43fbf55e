import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { describe, expect, it } from "@jest/globals";
import { startLocalCloud } from "../../../local/cloud/local-cloud";
import { runEntryPoint } from "../../support/entry-point";
import { synthesizeStack } from "../../support/synthesized-stack";
import { temporaryDirectory } from "../../support/temporary-directory";

const stack = synthesizeStack({ batchWindowSeconds: 0 });

/** The actions that the policies of users or of roles grant in the synthesized Terraform. */
function granted(type: "aws_iam_role_policy" | "aws_iam_user_policy"): string[] {
  const documents: Record<string, { statement: { actions: string[] }[] }> = JSON.parse(stack.json).data
    .aws_iam_policy_document;
  return stack
    .all("resource", type)
    .map(({ policy }) => /data\.aws_iam_policy_document\.(.*)\.json/.exec(String(policy))?.[1] ?? "")
    .flatMap((name) => documents[name]?.statement ?? [])
    .flatMap(({ actions }) => actions)
    .sort();
}

describe("the synthesized policies", () => {
  it("grant every action that the producer and the function use, and no other", async () => {
    const cloud = await startLocalCloud({
      stackFile: stack.file,
      port: 0,
      logFolder: temporaryDirectory(),
      onProblem: () => undefined,
    });
    try {
      const args = ["--local", "--port", String(cloud.port), "--input", "-", "--raw"];
      const event = JSON.stringify({
        id: "1",
        username: "ada",
        text: "",
        createdAt: "2026-01-01T00:00:00Z",
        source: "test",
      });
      const run = await runEntryPoint("producer/cli.ts", args, {
        cwd: temporaryDirectory(),
        stdin: `${event}\n{broken\n`,
      });
      expect(run.exitCode).toBe(0);
      await putAsAnyClient(cloud.endpoint, cloud.outputs);
      await cloud.caughtUp();

      const { activity } = cloud.account;
      const of = (principal: string) => {
        const { allowed, denied } = activity.get(cloud.account.arn("iam", principal)) ?? {
          allowed: [],
          denied: [],
        };
        return { allowed: [...allowed].sort(), denied: [...denied] };
      };
      expect(of("user/stream-processing-producer")).toEqual({
        allowed: granted("aws_iam_user_policy"),
        denied: [],
      });
      expect(of("role/stream-processing-DDBEventProcessor")).toEqual({
        allowed: granted("aws_iam_role_policy"),
        denied: [],
      });
    } finally {
      await cloud.stop();
    }
  });
});

/** Puts a single record, as any client with the producer's key may. */
async function putAsAnyClient(
  endpoint: string,
  {
    region,
    stream_name,
    access_key_id,
    secret_access_key,
  }: Record<"region" | "stream_name" | "access_key_id" | "secret_access_key", string>,
): Promise<void> {
  const credentials = { accessKeyId: access_key_id, secretAccessKey: secret_access_key };
  const client = new KinesisClient({ endpoint, region, credentials });
  await client.send(
    new PutRecordCommand({ StreamName: stream_name, PartitionKey: "any", Data: Buffer.from("{}") }),
  );
  client.destroy();
}
