import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  PutRecordCommand,
} from "@aws-sdk/client-kinesis";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { cbor, tag } from "@smithy/core/cbor";
import type { AccessKey } from "../../../local/gateway/local-account";
import { useGateway } from "../../support/gateway";

const gateway = useGateway();
const StreamName = "stream-processing-events";
const CBOR = "application/x-amz-cbor-1.1";

/** The body that the Java SDK sends. */
const java = (name: string) => readFileSync(join(__dirname, "java-sdk", `${name}.cbor`));

async function call(operation: string, body: Uint8Array, key?: AccessKey) {
  const answer = await gateway.sendSigned(
    "kinesis",
    {
      method: "POST",
      path: "/",
      headers: { "content-type": CBOR, "x-amz-target": `Kinesis_20131202.${operation}` },
      body: Buffer.from(body),
    },
    key,
  );
  expect(answer.headers["content-type"]).toBe(CBOR);
  return {
    status: answer.status,
    output: answer.body.length > 0 ? cbor.deserialize(answer.body) : undefined,
  };
}

const iterator = async () =>
  (await call("GetShardIterator", java("get-shard-iterator"))).output.ShardIterator;

/** The stream's records as our own code reads them. */
async function recordsOnStream() {
  const { kinesis } = gateway.clients;
  const { ShardIterator } = await kinesis.send(
    new GetShardIteratorCommand({
      StreamName,
      ShardId: "shardId-000000000000",
      ShardIteratorType: "TRIM_HORIZON",
    }),
  );
  const { Records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
  return Records.map(({ PartitionKey, Data = new Uint8Array() }) => [PartitionKey, Buffer.from(Data)]);
}

const post = (id: string) =>
  Buffer.from(
    `{"id":"${id}","username":"duke","text":"from Java ü","createdAt":"2026-01-01T00:00:00Z","source":"java"}`,
  );

beforeAll(async () => {
  await gateway.clients.kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
});

describe("records that the Java SDK puts, in CBOR", () => {
  it("are on the stream byte for byte, and so are the records that others put after them", async () => {
    const sequenceNumber = expect.stringMatching(/^\d{56}$/);
    const one = { ShardId: "shardId-000000000000", SequenceNumber: sequenceNumber };
    expect(await call("PutRecord", java("put-record"))).toEqual({ status: 200, output: one });
    expect(await call("PutRecords", java("put-records"))).toEqual({
      status: 200,
      output: { FailedRecordCount: 0, Records: [one, one] },
    });
    expect(await call("PutRecord", java("put-record-by-arn"))).toEqual({ status: 200, output: one });
    await gateway.clients.kinesis.send(
      new PutRecordCommand({ StreamName, PartitionKey: "ours", Data: Buffer.from("after") }),
    );
    expect(await recordsOnStream()).toEqual([
      ["duke", post("java-1")],
      ["duke", post("java-2")],
      ["bytes", Buffer.from([0xff, 0x00, 0xfe])],
      ["duke", post("java-3")],
      ["ours", Buffer.from("after")],
    ]);
  });

  it("are read in CBOR with bytes as bytes and points in time in milliseconds", async () => {
    const { status, output } = await call(
      "GetRecords",
      cbor.serialize({ ShardIterator: await iterator(), Limit: 3 }),
    );
    expect(status).toBe(200);
    expect(output.Records.map(({ Data }: { Data: Uint8Array }) => Buffer.from(Data))).toEqual([
      post("java-1"),
      post("java-2"),
      Buffer.from([0xff, 0x00, 0xfe]),
    ]);
    const { value } = output.Records[0].ApproximateArrivalTimestamp;
    expect(output.Records[0].ApproximateArrivalTimestamp).toEqual(tag({ tag: 1, value }));
    expect(Math.abs(Date.now() - value)).toBeLessThan(60_000);
  });

  it("are found by the time they arrived, which is sent in milliseconds too", async () => {
    const { output } = await call("GetShardIterator", java("get-shard-iterator-at-timestamp"));
    const { output: page } = await call(
      "GetRecords",
      cbor.serialize({ ShardIterator: output.ShardIterator }),
    );
    expect(page.Records).toHaveLength(5);
  });
});

describe("a request in CBOR", () => {
  it("is answered in CBOR by any operation, an empty answer included", async () => {
    const { output } = await call("DescribeStreamSummary", java("describe-stream-summary"));
    expect(output.StreamDescriptionSummary).toMatchObject({ StreamName, OpenShardCount: 1 });
    const tags = cbor.serialize({ StreamName, Tags: { a: "b" } });
    expect(await call("AddTagsToStream", tags)).toEqual({ status: 200, output: undefined });
  });

  it("gets the service's errors in CBOR", async () => {
    expect(await call("PutRecord", java("put-record-on-unknown-stream"))).toEqual({
      status: 400,
      output: {
        __type: "ResourceNotFoundException",
        message: "Stream nope under account 000000000000 not found.",
      },
    });
    expect(await call("GetRecords", java("get-records"))).toMatchObject({
      status: 400,
      output: { __type: "InvalidArgumentException" },
    });
  });

  it.each([
    ["is not CBOR", Buffer.from([0xff]), "the body is not CBOR"],
    ["ends too early", java("put-record").subarray(0, 100), "the body is not CBOR"],
    [
      "has a tag of another kind",
      cbor.serialize({ Data: tag({ tag: 37, value: 1 }) }),
      "the body has a tag that is no point in time",
    ],
    [
      "has a huge integer",
      cbor.serialize({ Limit: 2n ** 60n }),
      "the body has an integer of more than 53 bits",
    ],
  ])("that %s gets a SerializationException", async (_, body, message) => {
    expect(await call("PutRecord", body)).toEqual({
      status: 400,
      output: { __type: "SerializationException", message },
    });
  });

  it("is held to the caller's policies, by the stream's name and by its ARN", async () => {
    const user = gateway.account.arn("iam", "user/reader");
    const stream = gateway.account.arn("kinesis", `stream/${StreamName}`);
    gateway.account.attach(user, [
      { Effect: "Allow", Action: ["kinesis:DescribeStreamSummary"], Resource: [stream] },
    ]);
    const reader = gateway.account.issueKey(user);
    expect((await call("DescribeStreamSummary", java("describe-stream-summary"), reader)).status).toBe(200);
    const denied = {
      status: 400,
      output: {
        __type: "AccessDeniedException",
        message: `User: ${user} is not authorized to perform: kinesis:PutRecord on resource: ${stream} because no identity-based policy allows the kinesis:PutRecord action`,
      },
    };
    expect(await call("PutRecord", java("put-record"), reader)).toEqual(denied);
    expect(await call("PutRecord", java("put-record-by-arn"), reader)).toEqual(denied);
  });
});
