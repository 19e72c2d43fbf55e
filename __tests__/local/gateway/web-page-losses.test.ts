import { CreateStreamCommand, DescribeStreamSummaryCommand } from "@aws-sdk/client-kinesis";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { useGateway } from "../../support/gateway";

const gateway = useGateway();
const StreamName = "events";

beforeAll(async () => {
  const { kinesis, s3 } = gateway.clients;
  await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  await s3.send(new CreateBucketCommand({ Bucket: "failures" }));
  await s3.send(new PutObjectCommand({ Bucket: "failures", Key: "kept", Body: "x" }));
});

/** A signed call that deletes the stream, with other headers. */
async function deleteStream(headers: Record<string, string>) {
  const answer = await gateway.sendSigned("kinesis", {
    method: "POST",
    path: "/",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "Kinesis_20131202.DeleteStream",
      ...headers,
    },
    body: Buffer.from(JSON.stringify({ StreamName })),
  });
  return { status: answer.status, body: JSON.parse(answer.body.toString()) };
}

const streamExists = async () =>
  gateway.clients.kinesis.send(new DescribeStreamSummaryCommand({ StreamName })).then(
    () => true,
    () => false,
  );

describe("a web page", () => {
  it.each(["http://news.example", "https://127.0.0.1", "http://localhost:3000", "null"])(
    "of the origin %s gets AccessDeniedException and changes nothing, even with the operator's key",
    async (origin) => {
      expect(await deleteStream({ origin })).toEqual({
        status: 403,
        body: {
          __type: "AccessDeniedException",
          message: `the local cloud takes no requests from web pages, and this one comes from the origin "${origin}"`,
        },
      });
      expect(await streamExists()).toBe(true);
    },
  );

  it.each(["news.example", "localhost.news.example", "127.0.0.1.news.example", "10.0.0.1", ""])(
    'whose name "%s" leads to loopback gets AccessDeniedException and changes nothing',
    async (name) => {
      const host = `${name}:${gateway.port}`;
      expect(await deleteStream({ host })).toEqual({
        status: 403,
        body: {
          __type: "AccessDeniedException",
          message: `the local cloud answers for 127.0.0.1, localhost and [::1] only, not for the host "${host}"`,
        },
      });
      expect(await streamExists()).toBe(true);
    },
  );

  it("that asks first whether it may gets no permission", async () => {
    const answer = await gateway.send({
      method: "OPTIONS",
      path: "/",
      headers: { origin: "http://news.example", "access-control-request-method": "POST" },
      body: Buffer.alloc(0),
    });
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });
});

describe("a program on this machine", () => {
  it.each(["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])(
    "may call the local cloud %s, by any port, and its origin may be the local cloud itself",
    async (name) => {
      const host = `${name}:9999`;
      const body = { __type: "ResourceNotFoundException" };
      const headers = { host, origin: `http://${host}`, "x-amz-target": "Kinesis_20131202.DescribeStream" };
      const answer = await gateway.sendSigned("kinesis", {
        method: "POST",
        path: "/",
        headers: { "content-type": "application/x-amz-json-1.1", ...headers },
        body: Buffer.from('{"StreamName":"other"}'),
      });
      expect(JSON.parse(answer.body.toString())).toMatchObject(body);
      expect(Object.keys(answer.headers).filter((header) => header.startsWith("access-control"))).toEqual([]);
    },
  );
});
