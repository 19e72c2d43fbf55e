import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import kinesalite from "kinesalite";
import { keepRecordsIn } from "../../../local/gateway/kinesis-on-disk.cjs";
import { close, listen } from "../../../test-servers/listen";
import { emulatorAccess } from "../../support/aws-access";
import { temporaryDirectory } from "../../support/temporary-directory";

const StreamName = "events";
const SECOND = Date.UTC(2026, 10, 23, 7, 21, 57);

let client: KinesisClient;
let stop: () => Promise<void>;
let nowMs = SECOND - 5_000;

beforeEach(async () => {
  jest.spyOn(Date, "now").mockImplementation(() => nowMs);
  keepRecordsIn(temporaryDirectory());
  const server = kinesalite({ createStreamMs: 0 });
  client = new KinesisClient({
    ...emulatorAccess(await listen(server)),
    requestHandler: new NodeHttpHandler(),
  });
  stop = async () => {
    client.destroy();
    await close(server);
  };
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
});

afterEach(async () => {
  await stop();
  jest.restoreAllMocks();
});

async function put(...texts: string[]): Promise<void> {
  const Records = texts.map((text) => ({ PartitionKey: "ada", Data: Buffer.from(text) }));
  await client.send(new PutRecordsCommand({ StreamName, Records }));
}

async function read(ShardIterator: string | undefined) {
  const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator }));
  return { texts: Records.map(({ Data }) => Buffer.from(Data ?? "").toString()), next: NextShardIterator };
}

async function iterator(options: {
  ShardIteratorType: "TRIM_HORIZON" | "LATEST";
}): Promise<string | undefined> {
  const ShardId = "shardId-000000000000";
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName, ShardId, ...options }),
  );
  return ShardIterator;
}

describe("the first record of a shard", () => {
  it("is read even if its second is over by the time it is written, and the shard was read meanwhile", async () => {
    nowMs = SECOND + 1;
    const before = await read(await iterator({ ShardIteratorType: "TRIM_HORIZON" }));
    expect(before.texts).toEqual([]);

    // A record that is put gets its time at once, and is written later.
    nowMs = SECOND - 1;
    await put("a", "b");
    nowMs = SECOND + 2;
    await put("c");
    const after = await read(before.next);
    expect(after.texts).toEqual(["a", "b", "c"]);
    expect((await read(after.next)).texts).toEqual([]);
  });

  it("is read from the latest record on only if it comes later", async () => {
    const latest = await iterator({ ShardIteratorType: "LATEST" });
    await put("a");
    expect((await read(latest)).texts).toEqual(["a"]);
    expect((await read(await iterator({ ShardIteratorType: "LATEST" }))).texts).toEqual([]);
  });
});
