import { readdirSync, readFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import kinesalite from "kinesalite";
import { startEmulators } from "../../../local/gateway/emulators";
import { keepRecordsIn } from "../../../local/gateway/kinesis-on-disk.cjs";
import { close, listen } from "../../../test-servers/listen";
import { emulatorAccess } from "../../support/aws-access";
import { temporaryDirectory } from "../../support/temporary-directory";

const StreamName = "events";
const HOUR_MS = 3_600_000;

let client: KinesisClient;
let storage: ReturnType<typeof keepRecordsIn>;
let stop: () => Promise<void>;

beforeEach(async () => {
  storage = keepRecordsIn(temporaryDirectory());
  const server = kinesalite({ createStreamMs: 0, deleteStreamMs: 0 });
  client = new KinesisClient({
    ...emulatorAccess(await listen(server)),
    requestHandler: new NodeHttpHandler(),
  });
  stop = async () => {
    client.destroy();
    await close(server);
  };
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
});

afterEach(() => stop());

async function put(...texts: string[]): Promise<void> {
  const Records = texts.map((text) => ({ PartitionKey: text, Data: Buffer.from(text) }));
  await client.send(new PutRecordsCommand({ StreamName, Records }));
}

/** What the stream has, of every shard in turn. */
async function records(): Promise<string[]> {
  const texts: string[] = [];
  for (const ShardId of ["shardId-000000000000", "shardId-000000000001"]) {
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
    );
    const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
    texts.push(...Records.map(({ Data }) => Buffer.from(Data ?? "").toString()));
  }
  return texts;
}

describe("A record on the local stream", () => {
  it("is kept for the stream's retention, and is gone afterwards", async () => {
    await put("a", "b", "c", "d");
    expect(await storage.deleteExpired(Date.now() + 24 * HOUR_MS - 60_000)).toBe(0);
    expect((await records()).sort()).toEqual(["a", "b", "c", "d"]);

    expect(await storage.deleteExpired(Date.now() + 24 * HOUR_MS + 60_000)).toBe(4);
    expect(await records()).toEqual([]);
    await put("e");
    expect(await records()).toEqual(["e"]);
  });

  it("is read in the order in which it was put", async () => {
    const texts = Array.from({ length: 1200 }, (_, number) => String(number));
    const Records = texts.map((text) => ({ PartitionKey: "same", Data: Buffer.from(text) }));
    for (let from = 0; from < Records.length; from += 400)
      await client.send(new PutRecordsCommand({ StreamName, Records: Records.slice(from, from + 400) }));
    expect(await records()).toEqual(texts);
  });

  it("is gone with its stream", async () => {
    await put("a");
    await client.send(new DeleteStreamCommand({ StreamName }));
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
    expect(await storage.deleteExpired(Date.now() + 48 * HOUR_MS)).toBe(0);
  });
});

/** Sends an S3 emulator a request, and returns the answer's body. */
function callS3(socketPath: string, method: string, path: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, method, path }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
    });
    request.on("error", reject).end(body);
  });
}

describe("What is set aside in the local bucket", () => {
  it("is on disk, and gone from there when it is replaced, deleted or the local cloud ends", async () => {
    const { sockets, folder, ...emulators } = await startEmulators();
    const onDisk = () => {
      const objects = join(folder, "objects");
      return readdirSync(objects).map((name) => readFileSync(join(objects, name), "utf8"));
    };
    await callS3(sockets.s3, "PUT", "/failures");
    await callS3(sockets.s3, "PUT", "/failures/a", "of a");
    await callS3(sockets.s3, "PUT", "/failures/b", "of b");
    expect(onDisk()).toEqual(["of a", "of b"]);
    await callS3(sockets.s3, "PUT", "/failures/a", "of a, later");
    expect(await callS3(sockets.s3, "GET", "/failures/a")).toBe("of a, later");
    await callS3(sockets.s3, "DELETE", "/failures/b");
    expect(onDisk()).toEqual(["of a, later"]);
    await emulators.stop();
    expect(onDisk).toThrow("ENOENT");
  });
});
