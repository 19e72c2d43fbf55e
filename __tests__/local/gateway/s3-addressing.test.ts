import { CreateBucketCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "@jest/globals";
import type { AccessKey } from "../../../local/gateway/local-account";
import { useGateway } from "../../support/gateway";

const gateway = useGateway();
let uploader: AccessKey;

beforeAll(async () => {
  const { account, clients } = gateway;
  for (const Bucket of ["open", "closed.bucket"]) await clients.s3.send(new CreateBucketCommand({ Bucket }));
  const user = account.arn("iam", "user/uploader");
  account.attach(user, [{ Effect: "Allow", Action: ["s3:PutObject"], Resource: ["arn:aws:s3:::open/*"] }]);
  uploader = account.issueKey(user);
});

/** Puts an object by the bucket's own host name. */
async function putByHost(host: string, path: string, key: AccessKey) {
  const headers = { host: `${host}:${gateway.port}` };
  const answer = await gateway.sendSigned(
    "s3",
    { method: "PUT", path, headers, body: Buffer.from("by host") },
    key,
  );
  return { status: answer.status, code: /<Code>(.*)<\/Code>/.exec(answer.body.toString())?.[1] };
}

async function read(Bucket: string, Key: string): Promise<string | undefined> {
  const { Body } = await gateway.clients.s3.send(new GetObjectCommand({ Bucket, Key }));
  return Body?.transformToString();
}

describe("a bucket in the host name", () => {
  it("is the bucket that the key is in, dots and all", async () => {
    expect(await putByHost("open.localhost", "/a/b%20c", gateway.operator)).toEqual({ status: 200 });
    expect(await putByHost("closed.bucket.localhost", "/key", gateway.operator)).toEqual({ status: 200 });
    expect(await read("open", "a/b c")).toBe("by host");
    expect(await read("closed.bucket", "key")).toBe("by host");
  });

  it("is held to the caller's policies", async () => {
    expect(await putByHost("open.localhost", "/mine", uploader)).toEqual({ status: 200 });
    expect(await putByHost("closed.bucket.localhost", "/open/mine", uploader)).toEqual({
      status: 403,
      code: "AccessDenied",
    });
  });

  it("is none where the host is only localhost", async () => {
    expect(await putByHost("localhost", "/open/by-path", uploader)).toEqual({ status: 200 });
    expect(await read("open", "by-path")).toBe("by host");
  });
});

describe("a path that S3 has no name for", () => {
  it.each([
    ["a percent sign that begins no byte", "/open/%zz"],
    ["bytes that are no UTF-8", "/open/%ff"],
    ["a key without a bucket", "//open/key"],
    ["an address instead of a path", "http://closed.bucket/open/key"],
    ["a fragment", "/open/key#fragment"],
  ])("gets S3's InvalidURI: %s", async (_, path) => {
    const answer = await gateway.send({
      method: "PUT",
      path,
      headers: { authorization: "AWS4-HMAC-SHA256 Credential=any/20261123/us-east-1/s3/aws4_request" },
      body: Buffer.alloc(0),
    });
    expect(answer.status).toBe(400);
    expect(answer.headers["content-type"]).toBe("application/xml");
    expect(answer.body.toString()).toContain("<Code>InvalidURI</Code>");
  });

  it("gets errors in S3's XML even if it is not signed", async () => {
    const answer = await gateway.send({
      method: "GET",
      path: "/open/key",
      headers: {},
      body: Buffer.alloc(0),
    });
    expect(answer.headers["content-type"]).toBe("application/xml");
    expect(answer.body.toString()).toContain("<Code>MissingAuthenticationTokenException</Code>");
  });
});
