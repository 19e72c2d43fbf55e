import { request as httpRequest, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { CreateStreamCommand, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { cbor } from "@smithy/core/cbor";
import { useGateway } from "../../support/gateway";

const gateway = useGateway();
const MIB = 2 ** 20;
const StreamName = "events";

beforeAll(async () => {
  await gateway.clients.kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  await gateway.clients.s3.send(new CreateBucketCommand({ Bucket: "failures" }));
});

const KINESIS = {
  "content-type": "application/x-amz-json-1.1",
  "x-amz-target": "Kinesis_20131202.PutRecords",
};
const DYNAMODB = {
  "content-type": "application/x-amz-json-1.0",
  "x-amz-target": "DynamoDB_20120810.PutItem",
};

/** Sends a body that does not end, and resolves with the answer, which comes nevertheless. */
async function sendWithoutEnd(method: string, headers: Record<string, string>) {
  const request = httpRequest({
    host: "127.0.0.1",
    port: gateway.port,
    method,
    path: "/failures/key",
    headers,
  });
  request.on("error", () => undefined);
  const write = () => {
    while (request.write(Buffer.alloc(MIB, "x")));
  };
  request.on("drain", write);
  write();
  const answer = await new Promise<IncomingMessage>((resolve) => request.once("response", resolve));
  const body = await text(answer);
  request.destroy();
  return { status: answer.statusCode, body };
}

describe("a body larger than its service takes", () => {
  it.each([
    ["Kinesis", "POST", KINESIS, 413, "RequestEntityTooLargeException", 7],
    ["DynamoDB", "POST", DYNAMODB, 413, "RequestEntityTooLargeException", 16],
    ["S3", "PUT", {}, 400, "EntityTooLarge", 11],
  ])("is answered before it ends, and not kept: %s", async (_, method, headers, status, code, largest) => {
    const answer = await sendWithoutEnd(method, headers);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(code);
    expect(answer.body).toContain(`a body of more than ${largest} MiB, the maximum allowed size.`);
  });

  it("is answered before it is sent, where the head says how large it is", async () => {
    const request = httpRequest({
      host: "127.0.0.1",
      port: gateway.port,
      method: "PUT",
      path: "/failures/key",
      headers: { "content-length": String(1_200 * MIB) },
    });
    request.on("error", () => undefined);
    request.flushHeaders();
    const answer = await new Promise<IncomingMessage>((resolve) => request.once("response", resolve));
    expect([answer.statusCode, await text(answer)]).toEqual([400, expect.stringContaining("EntityTooLarge")]);
    request.destroy();
  });

  it("is too large in CBOR if it would be in JSON", async () => {
    const Records = Array.from({ length: 6 }, () => ({ Data: Buffer.alloc(MIB), PartitionKey: "a" }));
    const { status, body } = await gateway.sendSigned("kinesis", {
      method: "POST",
      path: "/",
      headers: { ...KINESIS, "content-type": "application/x-amz-cbor-1.1" },
      body: Buffer.from(cbor.serialize({ StreamName, Records })),
    });
    expect([status, cbor.deserialize(body).__type]).toEqual([413, "RequestEntityTooLargeException"]);
  });
});

describe("a body as large as the project sends", () => {
  it("is taken: five records of one MiB, and an object of ten", async () => {
    const { kinesis, s3 } = gateway.clients;
    const Records = Array.from({ length: 5 }, () => ({ Data: Buffer.alloc(MIB - 1), PartitionKey: "a" }));
    const { FailedRecordCount } = await kinesis.send(new PutRecordsCommand({ StreamName, Records }));
    expect(FailedRecordCount).toBe(0);
    const object = { Bucket: "failures", Key: "large" };
    await s3.send(new PutObjectCommand({ ...object, Body: Buffer.alloc(10 * MIB) }));
    expect((await s3.send(new GetObjectCommand(object))).ContentLength).toBe(10 * MIB);
  });
});
