import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readReceipts } from "../../../../local/commands/reconciliation/receipts";
import { readStream } from "../../../../local/commands/reconciliation/stack-contents";
import { putLatin1Posts } from "../../../../local/commands/under-chaos/latin1-client";
import { latin1Post } from "../../../../local/commands/under-chaos/latin1-post";
import { answerWith, resetConnection } from "../../../support/fault-proxy";
import { type StreamEmulator, startStreamEmulator } from "../../../support/stream-emulator";
import { temporaryDirectory } from "../../../support/temporary-directory";
import { VirtualClock } from "../../../support/virtual-clock";

let stream: StreamEmulator;
const clock = new VirtualClock();

beforeAll(async () => {
  stream = await startStreamEmulator();
  clock.run();
});

afterAll(async () => {
  clock.stop();
  await stream.stop();
});

/** Lets a client put posts until so many calls were answered. */
async function putUntil(streamName: string, calls: number): Promise<string> {
  await stream.createStream(streamName, 1);
  const receiptsFile = join(temporaryDirectory(), "receipts");
  const end = new AbortController();
  let answered = 0;
  stream.onCall(({ operation }) => {
    if (operation === "PutRecords" && ++answered === calls) end.abort();
  });
  await putLatin1Posts({ kinesis: stream.client, streamName, receiptsFile, clock }, end.signal);
  return receiptsFile;
}

async function onTheStream(streamName: string) {
  const ids: string[] = [];
  const data: Buffer[] = [];
  for await (const record of readStream(stream.client, streamName)) {
    ids.push(record.id);
    data.push(record.data);
  }
  return { ids: new Set(ids), data };
}

describe("A client that puts posts in Latin-1", () => {
  it("puts two at a time, five times a second, and keeps the receipts", async () => {
    const before = clock.slept.length;
    const receipts = await readReceipts(await putUntil("all-well", 3));
    const { ids, data } = await onTheStream("all-well");
    expect(data).toEqual([0, 1, 2, 3, 4, 5].map(latin1Post));
    expect(receipts).toEqual(ids);
    expect(clock.slept.slice(before)).toEqual([200, 200, 200]);
  });

  it("puts what failed once more, alone or with all of its call", async () => {
    stream.failNext("PutRecords", resetConnection);
    expect(await readReceipts(await putUntil("reset", 1))).toHaveProperty("size", 2);
    expect((await onTheStream("reset")).data).toEqual([latin1Post(0), latin1Post(1)]);

    stream.failNext("PutRecords", async (request, forward) => {
      const { Records, ...input } = JSON.parse(request.body.toString());
      const { StreamARN: _, ...others } = input;
      const body = Buffer.from(JSON.stringify({ ...others, Records: Records.slice(1) }));
      const answer = JSON.parse((await forward({ ...request, body })).body.toString());
      const failed = { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "no" };
      return answerWith(200, { FailedRecordCount: 1, Records: [failed, ...answer.Records] })(
        request,
        forward,
      );
    });
    const receipts = await readReceipts(await putUntil("partial", 1));
    const { ids, data } = await onTheStream("partial");
    expect(data).toEqual([latin1Post(1), latin1Post(0)]);
    expect(receipts).toEqual(ids);
  });

  it("leaves a file of receipts even if Kinesis takes nothing", async () => {
    const receiptsFile = join(temporaryDirectory(), "receipts");
    const end = new AbortController();
    end.abort();
    await putLatin1Posts({ kinesis: stream.client, streamName: "none", receiptsFile, clock }, end.signal);
    expect(await readFile(receiptsFile, "utf8")).toBe("");
  });
});
