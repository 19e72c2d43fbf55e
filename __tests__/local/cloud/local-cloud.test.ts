import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { DescribeTableCommand, DynamoDBClient, GetItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import {
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  KinesisClient,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type LocalCloud, startLocalCloud } from "../../../local/cloud/local-cloud";
import { localStack } from "../../../shared/local-stack";
import { synthesizeStack } from "../../support/synthesized-stack";
import { temporaryDirectory } from "../../support/temporary-directory";

const stack = synthesizeStack({ batchWindowSeconds: 0, timeToLiveDays: 1 });
let cloud: LocalCloud;
const problems: string[] = [];

async function start(stackFile: string, port = 0): Promise<LocalCloud> {
  const logFolder = temporaryDirectory();
  return startLocalCloud({ stackFile, port, logFolder, onProblem: (message) => problems.push(message) });
}

/** The SDK's Kinesis client with its default HTTP handler, which speaks HTTP/2. */
function kinesisOf(accessKeyId: string, secretAccessKey: string) {
  const { endpoint, outputs } = cloud;
  return new KinesisClient({
    endpoint,
    region: outputs.region,
    credentials: { accessKeyId, secretAccessKey },
  });
}

const producer = () => kinesisOf(cloud.outputs.access_key_id, cloud.outputs.secret_access_key);
const message = async (promise: Promise<unknown>) =>
  promise.then(
    () => "it worked",
    (error: Error) => `${error.name}: ${error.message}`,
  );

beforeAll(async () => {
  cloud = await start(stack.file);
});

afterAll(async () => {
  await cloud.stop();
});

describe("the local cloud", () => {
  it("creates what the stack declares, and names the types that have no meaning on one machine", async () => {
    const { Table } = await cloud.clients.dynamodb.send(
      new DescribeTableCommand({ TableName: cloud.outputs.table_name }),
    );
    expect(Table?.KeySchema).toEqual([
      { AttributeName: "Username", KeyType: "HASH" },
      { AttributeName: "Id", KeyType: "RANGE" },
    ]);
    expect(cloud.outputs.failure_bucket_name).toMatch(/^stream-processing-failures-[0-9a-f]{16}$/);
    expect(cloud.ignoredTypes.sort()).toEqual([
      "aws_s3_bucket_lifecycle_configuration",
      "aws_s3_bucket_policy",
      "aws_s3_bucket_public_access_block",
      "aws_s3_bucket_server_side_encryption_configuration",
    ]);
  });

  it("gives the commands the stack's outputs and the operator's key", async () => {
    expect(await localStack(cloud.port)).toEqual({
      outputs: cloud.outputs,
      operator: cloud.account.operatorKey,
      endpoint: cloud.endpoint,
    });
  });

  it("lets the operator do everything, by a stream's ARN too", async () => {
    const { accessKeyId, secretAccessKey } = cloud.account.operatorKey;
    const operator = kinesisOf(accessKeyId, secretAccessKey);
    const { StreamNames } = await operator.send(new ListStreamsCommand({}));
    expect(StreamNames).toEqual([cloud.outputs.stream_name]);
    const StreamARN = `arn:aws:kinesis:us-east-1:000000000000:stream/${cloud.outputs.stream_name}`;
    const { StreamDescriptionSummary } = await operator.send(new DescribeStreamSummaryCommand({ StreamARN }));
    expect(StreamDescriptionSummary?.OpenShardCount).toBe(1);
  });
});

describe("a record on the local stream", () => {
  it("that is a raw tweet, put with the producer's key, reaches the table byte for byte", async () => {
    const text = "今日は😋✨ مرحبا \u202Eשלום\u202C e\u0301 👩‍👩‍👧‍👦";
    const tweet = {
      id_str: "505874924095815681",
      created_at: "Sun Aug 31 00:29:15 +0000 2014",
      text,
      user: { screen_name: "ayuu0123", name: "AYUMI" },
      lang: "ja",
    };
    await producer().send(
      new PutRecordCommand({
        StreamName: cloud.outputs.stream_name,
        PartitionKey: "ayuu0123",
        Data: Buffer.from(JSON.stringify(tweet)),
      }),
    );
    await cloud.caughtUp();

    const { Item } = await cloud.clients.dynamodb.send(
      new GetItemCommand({
        TableName: cloud.outputs.table_name,
        Key: { Username: { S: "ayuu0123" }, Id: { S: "505874924095815681" } },
      }),
    );
    expect(Item).toMatchObject({
      Timestamp: { S: "2014-08-31T00:29:15.000Z" },
      Message: { S: text },
      Name: { S: "AYUMI" },
      Lang: { S: "ja" },
    });
    const secondsLeft = Number(Item?.ExpiresAt?.N) - Date.now() / 1000;
    expect(Math.abs(secondsLeft - 86_400)).toBeLessThan(60);
  });

  it("that can never be stored is set aside, and the records after it are stored", async () => {
    const post = { id: "1", username: "b", text: "", createdAt: "2026-01-01T00:00:00Z", source: "test" };
    await producer().send(
      new PutRecordsCommand({
        StreamName: cloud.outputs.stream_name,
        Records: [Buffer.from([0xff, 0xfe]), Buffer.from(JSON.stringify(post))].map((Data) => ({
          Data,
          PartitionKey: "b",
        })),
      }),
    );
    await cloud.caughtUp();

    const Bucket = cloud.outputs.failure_bucket_name;
    const { Contents = [] } = await cloud.clients.s3.send(new ListObjectsV2Command({ Bucket }));
    const object = await cloud.clients.s3.send(new GetObjectCommand({ Bucket, Key: Contents[0]?.Key }));
    expect(JSON.parse((await object.Body?.transformToString()) ?? "")).toMatchObject({
      reason: "invalid-utf8",
      partitionKey: "b",
      data: Buffer.from([0xff, 0xfe]).toString("base64"),
    });
    const { Items } = await cloud.clients.dynamodb.send(
      new ScanCommand({
        TableName: cloud.outputs.table_name,
        FilterExpression: "Username = :b",
        ExpressionAttributeValues: { ":b": { S: "b" } },
      }),
    );
    expect(Items).toHaveLength(1);
  });
});

describe("the function's log", () => {
  it("is a file of this local cloud's own, named after the function and the port", () => {
    expect(cloud.logFiles.map((file) => basename(file))).toEqual([
      `stream-processing-DDBEventProcessor-${cloud.port}.log`,
    ]);
  });

  it("does not contain the text of posts", async () => {
    const log = await readFile(cloud.logFiles[0] ?? "", "utf8");
    expect(log).toContain('"EventsStored"');
    expect(log).not.toContain("今日は");
    expect(problems).toEqual([]);
  });
});

describe("the endpoint", () => {
  const summary = () => new DescribeStreamSummaryCommand({ StreamName: cloud.outputs.stream_name });

  it("answers AccessDeniedException to what the caller's policies do not allow, in AWS's own words", async () => {
    const { stream_name: StreamName } = cloud.outputs;
    const arn = `arn:aws:kinesis:us-east-1:000000000000:stream/${StreamName}`;
    expect(await message(producer().send(new DeleteStreamCommand({ StreamName })))).toBe(
      `AccessDeniedException: User: arn:aws:iam::000000000000:user/stream-processing-producer is not authorized to perform: kinesis:DeleteStream on resource: ${arn} because no identity-based policy allows the kinesis:DeleteStream action`,
    );
    expect(await message(producer().send(new DeleteStreamCommand({ StreamARN: arn })))).toContain(
      "AccessDeniedException",
    );
    expect(await message(producer().send(new GetRecordsCommand({ ShardIterator: "any" })))).toContain(
      "AccessDeniedException",
    );
    expect(await message(producer().send(new ListStreamsCommand({})))).toContain("AccessDeniedException");
    expect(await message(producer().send(summary()))).toBe("it worked");
  });

  it("answers an error as the service does", async () => {
    const { endpoint, outputs } = cloud;
    const credentials = { accessKeyId: outputs.access_key_id, secretAccessKey: outputs.secret_access_key };
    const dynamodb = new DynamoDBClient({ endpoint, region: outputs.region, credentials });
    const s3 = new S3Client({ endpoint, region: outputs.region, credentials, forcePathStyle: true });
    const scan = new ScanCommand({ TableName: outputs.table_name });
    const put = new PutObjectCommand({ Bucket: outputs.failure_bucket_name, Key: "a b/ü", Body: "x" });
    expect(await message(dynamodb.send(scan))).toMatch(
      /^AccessDeniedException: .*dynamodb:Scan on resource: .*table\/stream-processing-EventData/,
    );
    expect(await message(s3.send(put))).toMatch(
      /^AccessDenied: .*s3:PutObject on resource: arn:aws:s3:::stream-processing-failures-.*\/a b\/ü/,
    );
  });

  it("answers UnrecognizedClientException to a key that the stack did not issue", async () => {
    expect(await message(kinesisOf("AKIASTRANGER", "x").send(summary()))).toBe(
      "UnrecognizedClientException: The security token included in the request is invalid.",
    );
  });

  it("answers MissingAuthenticationTokenException to a request that is not signed", async () => {
    const answer = await fetch(cloud.endpoint, { method: "POST", body: "{}" });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      __type: "MissingAuthenticationTokenException",
      message: "Missing Authentication Token",
    });
  });

  it("names its services in the answer to a request for another one", async () => {
    const authorization =
      "AWS4-HMAC-SHA256 Credential=operator/20261123/us-east-1/sqs/aws4_request, Signature=0";
    const answer = await fetch(cloud.endpoint, { method: "POST", headers: { authorization }, body: "{}" });
    expect(await answer.json()).toEqual({
      __type: "UnknownOperationException",
      message: "The service sqs does not run here: the local cloud has kinesis, dynamodb and s3.",
    });
  });
});

describe("a stack that cannot run", () => {
  /** A copy of the stack's document with one text replaced. */
  async function changed(from: string, to: string): Promise<string> {
    const file = join(temporaryDirectory(), "cdk.tf.json");
    await writeFile(file, stack.json.replaceAll(from, to));
    return file;
  }

  it("fails with the reference that leads nowhere", async () => {
    const file = await changed("${aws_dynamodb_table.event-table.name}", "${aws_dynamodb_table.other.name}");
    expect(await message(start(file))).toBe(
      "CommandError: the stack refers to aws_dynamodb_table.other, which it does not declare",
    );
  });

  it("fails with the argument that is not supported", async () => {
    const file = await changed('"timeout": 60', '"timeout": "long"');
    expect(await message(start(file))).toMatch(
      /^CommandError: aws_lambda_function\.event-processor: argument timeout/,
    );
  });

  it("fails when its role is not allowed to read the stream", async () => {
    const file = await changed('"kinesis:ListShards"', '"kinesis:ListStreams"');
    expect(await message(start(file))).toMatch(
      /^CommandError: the event source mapping cannot start: User: arn:aws:sts::000000000000:assumed-role\/stream-processing-DDBEventProcessor\/event-source-mapping is not authorized to perform: kinesis:ListShards/,
    );
  });

  it("fails when its port is in use, and says what to do", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const address = other.address();
    const port = typeof address === "object" && address ? address.port : 0;
    expect(await message(start(stack.file, port))).toMatch(
      `CommandError: port ${port} of 127.0.0.1 is in use, perhaps by another local cloud; stop it or choose another port with --port`,
    );
    other.close();
  });
});
