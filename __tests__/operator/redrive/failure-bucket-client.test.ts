import { createServer, type Server } from "node:http";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { FailureBucketClient, type ListedObject } from "../../../operator/redrive/failure-bucket-client";
import type { Stack } from "../../../shared/stack";
import { close, listen } from "../../../test-servers/listen";
import { emulatorAccess } from "../../support/aws-access";
import { until } from "../../support/moment";
import { type S3Emulator, startS3Emulator } from "../../support/s3-emulator";

let s3: S3Emulator;
let client: S3Client;

beforeAll(async () => {
  s3 = await startS3Emulator();
  client = new S3Client(emulatorAccess(s3.url));
});
afterAll(async () => {
  client.destroy();
  await s3.stop();
});

const never = new AbortController().signal;
const opened: FailureBucketClient[] = [];
afterEach(() => {
  for (const bucket of opened.splice(0)) bucket.close();
});

function open(name: string, endpoint: string, operator?: Stack["operator"]): FailureBucketClient {
  const outputs = {
    stream_name: "s",
    region: "eu-west-1",
    access_key_id: "producer",
    secret_access_key: "producer-secret",
    table_name: "t",
    function_name: "f",
    failure_bucket_name: name,
  };
  const bucket = new FailureBucketClient({ outputs, endpoint, ...(operator && { operator }) }, never, never);
  opened.push(bucket);
  return bucket;
}

const OPERATOR = { accessKeyId: "operator", secretAccessKey: "operator" };

async function put(Bucket: string, ...keys: string[]) {
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
}

async function keysOf(objects: AsyncIterable<ListedObject>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects) keys.push(key);
  return keys;
}

describe("a failure bucket", () => {
  it("lists what Lambda and the event processor set aside, and nothing else", async () => {
    await s3.createBucket("both");
    await put("both", "aws/lambda/c", "other/x", "rejected/a", "rejected/b", "z");
    const bucket = open("both", s3.url, OPERATOR);
    const survey = await bucket.survey();
    expect(survey.objects).toBe(3);
    expect(await keysOf(bucket.objects(survey))).toEqual(["aws/lambda/c", "rejected/a", "rejected/b"]);
  });

  it("does not list what came after the survey, so that a run never chases what it has put back itself", async () => {
    await s3.createBucket("growing");
    await put("growing", "rejected/a", "rejected/c");
    const bucket = open("growing", s3.url, OPERATOR);
    const survey = await bucket.survey();
    // S3 tells times apart by the second, and the emulator by the millisecond.
    await until(() => Date.now() > (survey.newest?.getTime() ?? 0));
    await put("growing", "rejected/a", "rejected/b", "rejected/d");
    expect(await keysOf(bucket.objects(survey))).toEqual(["rejected/c"]);
  });

  it("lists page after page while objects are removed", async () => {
    await s3.createBucket("large");
    const keys = Array.from({ length: 1100 }, (_, index) => `rejected/${String(index).padStart(4, "0")}`);
    await Promise.all(keys.map((key) => put("large", key)));
    const bucket = open("large", s3.url, OPERATOR);
    const survey = await bucket.survey();
    expect(survey.objects).toBe(1100);
    const listed: string[] = [];
    for await (const object of bucket.objects(survey)) {
      listed.push(object.key);
      await bucket.remove(object, { content: new Uint8Array(), etag: "" });
    }
    expect(listed).toEqual(keys);
    expect(await bucket.survey()).toEqual({ objects: 0, newest: undefined });
  });

  it("that does not exist is named, with the remedy", async () => {
    await expect(open("missing", s3.url, OPERATOR).survey()).rejects.toThrow(
      `the failure bucket missing in eu-west-1 at ${s3.url} does not exist; deploy the stack with \`npm run deploy\``,
    );
  });

  it("is named, with how to sign in, when there are no credentials", async () => {
    const env = { AWS_EC2_METADATA_DISABLED: "true", HOME: "/nonexistent" };
    const environment = jest.replaceProperty(process, "env", env);
    try {
      await expect(open("both", s3.url).survey()).rejects.toThrow(
        /^there are no credentials to list the failure bucket both .*; sign in as for the AWS CLI, for example with AWS_PROFILE$/,
      );
    } finally {
      environment.restore();
    }
  });
});

describe("an object's content", () => {
  let server: Server | undefined;
  afterEach(async () => {
    if (server) await close(server);
  });

  /** Serves an object whose content breaks off in the first answers. */
  async function serve(broken: number): Promise<string> {
    let answers = 0;
    server = createServer((_, response) => {
      response.writeHead(200, { "content-length": 10, etag: '"x"' });
      if (++answers <= broken) response.write("01234", () => response.destroy());
      else response.end("0123456789");
    });
    return listen(server);
  }

  const object = { key: "rejected/a", bytes: 10, lastModified: new Date() };

  it("that breaks off is read again", async () => {
    const { content, etag } = (await open("b", await serve(2), OPERATOR).read(object)) ?? {};
    expect(Buffer.from(content ?? []).toString()).toBe("0123456789");
    expect(etag).toBe('"x"');
  });

  it("that breaks off three times ends the run with a message", async () => {
    await expect(open("b", await serve(3), OPERATOR).read(object)).rejects.toThrow(
      /^could not read objects from the failure bucket b in eu-west-1 at http:.*: /,
    );
  });
});
