import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type LocalCloud, startLocalCloud } from "../../../../local/cloud/local-cloud";
import { readFailureBucket, readStream } from "../../../../local/commands/reconciliation/stack-contents";
import { latin1Post } from "../../../../local/commands/under-chaos/latin1-post";
import { putBackCorrected } from "../../../../local/commands/under-chaos/put-back-corrected";
import { synthesizeStack } from "../../../support/synthesized-stack";
import { temporaryDirectory } from "../../../support/temporary-directory";

let cloud: LocalCloud;

beforeAll(async () => {
  cloud = await startLocalCloud({
    stackFile: synthesizeStack({ batchWindowSeconds: 0 }).file,
    port: 0,
    logFolder: temporaryDirectory(),
    onProblem: () => undefined,
  });
});

afterAll(() => cloud.stop());

const BROKEN = Buffer.from("{broken");

/** Puts two posts in Latin-1 and bytes that nobody can correct on the stream, and waits until they are rejected. */
async function rejectAll(...numbers: number[]): Promise<void> {
  const data = [...numbers.map(latin1Post), BROKEN];
  await cloud.clients.kinesis.send(
    new PutRecordsCommand({
      StreamName: cloud.outputs.stream_name,
      Records: data.map((Data) => ({ Data, PartitionKey: "any" })),
    }),
  );
  await cloud.caughtUp();
}

async function rejected(): Promise<string[]> {
  const contents = await readFailureBucket(cloud.clients.s3, cloud.outputs.failure_bucket_name);
  return [...contents.rejected.values()].flat().map(({ data }) => data.toString("latin1"));
}

describe("What the function rejected", () => {
  it("is corrected and put back: what can be an item is one then, and the rest is rejected again", async () => {
    await rejectAll(0, 1);
    const { correctedRecords, mustBeAccountedFor } = await putBackCorrected(cloud, cloud.caughtUp);
    expect(correctedRecords).toBe(2);
    const { Item } = await cloud.clients.dynamodb.send(
      new GetItemCommand({
        TableName: cloud.outputs.table_name,
        Key: { Username: { S: "latin-1-client" }, Id: { S: "1" } },
      }),
    );
    expect(Item?.Message?.S).toBe("Déjà vu: ces octets ne sont pas de l'UTF-8 ¿o sí?");
    expect(await rejected()).toEqual([BROKEN.toString()]);

    const ids: string[] = [];
    for await (const { id } of readStream(cloud.clients.kinesis, cloud.outputs.stream_name)) ids.push(id);
    expect([ids.length, [...mustBeAccountedFor]]).toEqual([6, ids.slice(3)]);
  });

  it("is missed if the redrive does not put it back", async () => {
    await rejectAll(2);
    const nothing = async () => "";
    await expect(putBackCorrected(cloud, cloud.caughtUp, nothing)).rejects.toThrow(
      "1 rejected record of 1 did not come back on the stream",
    );
  });
});
