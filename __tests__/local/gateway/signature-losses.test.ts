import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CreateStreamCommand } from "@aws-sdk/client-kinesis";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { HttpRequest } from "@smithy/core/protocols";
import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import type { IncomingRequest } from "../../../local/gateway/incoming-request";
import { readCredential } from "../../../local/gateway/signature";
import { verifySignature } from "../../../local/gateway/verify-signature";
import { useGateway } from "../../support/gateway";
import { type RawRequest, signed } from "../../support/signed-request";

const gateway = useGateway();
const MINUTE_MS = 60_000;

beforeAll(async () => {
  await gateway.clients.kinesis.send(new CreateStreamCommand({ StreamName: "events", ShardCount: 1 }));
  await gateway.clients.s3.send(new CreateBucketCommand({ Bucket: "failures" }));
});

const listStreams: RawRequest = {
  method: "POST",
  path: "/",
  headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Kinesis_20131202.ListStreams" },
  body: Buffer.from("{}"),
};
const putObject: RawRequest = { method: "PUT", path: "/failures/a%20b", headers: {}, body: Buffer.from("x") };

/** The status and the code of the answer to a request. */
async function answerTo(request: RawRequest): Promise<[status: number, code: string | undefined]> {
  const { status, body } = await gateway.send(request);
  const code = /"__type":"(?:.*#)?(\w+)"|<Code>(\w+)<\/Code>/.exec(body.toString());
  return [status, code?.[1] ?? code?.[2]];
}

const sign = (
  service: "kinesis" | "s3",
  request: RawRequest,
  signedAt = Date.now(),
  key = gateway.operator,
) => signed(service, gateway.port, request, key, new Date(signedAt));

describe("a request that its caller did not sign as it is", () => {
  const wrongSecret = () => ({ ...gateway.operator, secretAccessKey: "guessed" });

  it("with the right secret gets the answer of its service's own kind", async () => {
    const { kinesis, s3 } = { kinesis: listStreams, s3: putObject };
    expect(await answerTo(await sign("kinesis", kinesis))).toEqual([200, undefined]);
    expect(await answerTo(await sign("s3", s3))).toEqual([200, undefined]);
    expect(await answerTo(await sign("kinesis", kinesis, Date.now(), wrongSecret()))).toEqual([
      400,
      "InvalidSignatureException",
    ]);
    expect(await answerTo(await sign("s3", s3, Date.now(), wrongSecret()))).toEqual([
      403,
      "SignatureDoesNotMatch",
    ]);
  });

  it("in its method, path, query, headers and body, is not carried out", async () => {
    const request = await sign("s3", putObject);
    const changes: Partial<RawRequest>[] = [
      { method: "POST" },
      { path: "/failures/other" },
      { path: `${request.path}?acl=` },
      { headers: { ...request.headers, host: "localhost" } },
    ];
    for (const change of changes)
      expect(await answerTo({ ...request, ...change })).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await answerTo({ ...request, body: Buffer.from("y") })).toEqual([
      403,
      "XAmzContentSHA256Mismatch",
    ]);
    const call = await sign("kinesis", listStreams);
    expect(await answerTo({ ...call, body: Buffer.from("{ }") })).toEqual([400, "InvalidSignatureException"]);
  });

  it.each([
    ["14 minutes ago", -14 * MINUTE_MS, [200, undefined], [200, undefined]],
    ["in 14 minutes", 14 * MINUTE_MS, [200, undefined], [200, undefined]],
    ["16 minutes ago", -16 * MINUTE_MS, [400, "InvalidSignatureException"], [403, "RequestTimeTooSkewed"]],
    ["in 16 minutes", 16 * MINUTE_MS, [400, "InvalidSignatureException"], [403, "RequestTimeTooSkewed"]],
  ])("is valid for a quarter of an hour: signed %s", async (_, differenceMs, kinesis, s3) => {
    const signedAt = Date.now() + differenceMs;
    expect(await answerTo(await sign("kinesis", listStreams, signedAt))).toEqual(kinesis);
    expect(await answerTo(await sign("s3", putObject, signedAt))).toEqual(s3);
  });

  it.each([
    ["its signature", /, Signature=\w+/, ""],
    ["the signature of its host", /host;/, ""],
    ["the day of its date", /\/\d{8}\//, "/20200101/"],
  ])("is incomplete without %s", async (_, part, replacement) => {
    const request = await sign("kinesis", listStreams);
    const authorization = (request.headers.authorization ?? "").replace(part, replacement);
    expect(await answerTo({ ...request, headers: { ...request.headers, authorization } })).toEqual([
      400,
      "IncompleteSignatureException",
    ]);
  });
});

describe("an address that is signed beforehand", () => {
  /** As the SDKs' presigners do it. */
  async function presigned(signedAt: number, path = "/failures/presigned"): Promise<string> {
    const credentials = gateway.operator;
    const sha256 = Hash.bind(null, "sha256");
    const signer = new SignatureV4({
      service: "s3",
      region: "us-east-1",
      credentials,
      sha256,
      uriEscapePath: false,
    });
    const request = new HttpRequest({
      method: "PUT",
      path,
      headers: { host: `127.0.0.1:${gateway.port}` },
      query: { "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" },
    });
    request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
    const { query = {} } = await signer.presign(request, {
      signingDate: new Date(signedAt),
      expiresIn: 3600,
      unsignableHeaders: new Set(["x-amz-content-sha256"]),
    });
    return `${path}?${new URLSearchParams(query as Record<string, string>)}`;
  }
  const put = (path: string) =>
    answerTo({ method: "PUT", path, headers: {}, body: Buffer.from("presigned") });

  it("takes any body for as long as it says", async () => {
    expect(await put(await presigned(Date.now() - 59 * MINUTE_MS))).toEqual([200, undefined]);
    expect(await put(await presigned(Date.now() - 61 * MINUTE_MS))).toEqual([403, "AccessDenied"]);
    const { Body } = await gateway.clients.s3.send(
      new GetObjectCommand({ Bucket: "failures", Key: "presigned" }),
    );
    expect(await Body?.transformToString()).toBe("presigned");
  });

  it("is for no other object, and for no other time", async () => {
    const path = await presigned(Date.now());
    expect(await put(path.replace("/presigned", "/other"))).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await put(path.replace("Expires=3600", "Expires=36000"))).toEqual([403, "SignatureDoesNotMatch"]);
  });
});

describe("an upload in signed chunks, as the Java SDK sends it", () => {
  const head = JSON.parse(readFileSync(join(__dirname, "java-sdk", "put-object.json"), "utf8"));
  const body = readFileSync(join(__dirname, "java-sdk", "put-object.body"));

  async function verify(change: Partial<IncomingRequest> = {}, secret = "secret"): Promise<string> {
    const request: IncomingRequest = { ...head, body, ...change };
    const credential = readCredential(request);
    if (!credential) throw new Error("not signed");
    return verifySignature(request, credential, secret, Date.UTC(2026, 10, 25, 11, 47)).then(
      () => "valid",
      ({ code }) => code,
    );
  }
  const replaced = (from: string, to: string) =>
    Buffer.from(body.toString("latin1").replace(from, to), "latin1");

  it("is valid as it is", async () => {
    expect(await verify()).toBe("valid");
  });

  it("is not valid with another secret, other data, another trailer or a part missing", async () => {
    expect(await verify({}, "guessed")).toBe("SignatureDoesNotMatch");
    expect(await verify({ body: replaced("hello", "jello") })).toBe("SignatureDoesNotMatch");
    expect(await verify({ body: replaced("OVTneA==", "AVTneA==") })).toBe("SignatureDoesNotMatch");
    expect(await verify({ body: body.subarray(0, 100) })).toBe("IncompleteBody");
    expect(await verify({ body: Buffer.alloc(0) })).toBe("IncompleteBody");
  });
});

describe("the SDK's S3 client over HTTP", () => {
  it("puts an object whose name has every kind of character", async () => {
    const client = new S3Client({
      endpoint: `http://127.0.0.1:${gateway.port}`,
      region: "us-east-1",
      credentials: { ...gateway.operator },
      forcePathStyle: true,
    });
    const object = { Bucket: "failures", Key: "a b/ü+~!*'()&=?#%41:@$,;" };
    await client.send(new PutObjectCommand({ ...object, Body: "x" }));
    const { Body } = await client.send(new GetObjectCommand(object));
    expect(await Body?.transformToString()).toBe("x");
    client.destroy();
  });
});
