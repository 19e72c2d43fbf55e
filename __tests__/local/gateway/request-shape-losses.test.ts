import { CreateTableCommand, DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { CreateStreamCommand, DescribeStreamSummaryCommand } from "@aws-sdk/client-kinesis";
import { CreateBucketCommand, HeadBucketCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type RawAnswer, useGateway } from "../../support/gateway";

const gateway = useGateway();
const StreamName = "events";
const TableName = "posts";

beforeAll(async () => {
  const { kinesis, dynamodb, s3 } = gateway.clients;
  await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [{ AttributeName: "a", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "a", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  await s3.send(new CreateBucketCommand({ Bucket: "failures" }));
});

/** Fails where an emulator has ended: nothing else answers, and what it held is gone. */
afterEach(async () => {
  const { kinesis, dynamodb, s3 } = gateway.clients;
  await kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
  await dynamodb.send(new DescribeTableCommand({ TableName }));
  await s3.send(new HeadBucketCommand({ Bucket: "failures" }));
});

const KINDS = {
  kinesis: { type: "application/x-amz-json-1.1", target: "Kinesis_20131202" },
  dynamodb: { type: "application/x-amz-json-1.0", target: "DynamoDB_20120810" },
};
type JsonService = keyof typeof KINDS;

function call(service: JsonService, operation: string, json: string): Promise<RawAnswer> {
  const { type, target } = KINDS[service];
  return gateway.sendSigned(service, {
    method: "POST",
    path: "/",
    headers: { "content-type": type, "x-amz-target": `${target}.${operation}` },
    body: Buffer.from(json),
  });
}

async function errorOf(service: JsonService, operation: string, input: unknown): Promise<string> {
  const { status, body } = await call(
    service,
    operation,
    typeof input === "string" ? input : JSON.stringify(input),
  );
  const { __type, message } = JSON.parse(body.toString());
  return `${status} ${__type.replace(/.*#/, "")}: ${message}`;
}

const hole = (path: string) =>
  `400 ValidationException: 1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`;

const record = { Data: "YQ==", PartitionKey: "a" };

describe("a request that would end the Kinesis emulator", () => {
  it.each([
    ["PutRecords", { StreamName, Records: [record, null] }, "Records.1"],
    ["AddTagsToStream", { StreamName, Tags: { a: null } }, "Tags.a"],
    ["RemoveTagsFromStream", { StreamName, TagKeys: [null] }, "TagKeys.0"],
  ])("gets ValidationException for null in a list or a map: %s", async (operation, input, path) => {
    expect(await errorOf("kinesis", operation, input)).toBe(hole(path));
  });

  it("may have null for what it does not set", async () => {
    const input = { StreamName, Records: [{ ...record, ExplicitHashKey: null }], StreamARN: null };
    expect((await call("kinesis", "PutRecords", JSON.stringify(input))).status).toBe(200);
  });

  it("gets ValidationException for a stream's name or a token that the emulator takes for something else", async () => {
    expect(await errorOf("kinesis", "PutRecord", { StreamName: "length", ...record })).toBe(
      "400 ValidationException: 1 validation error detected: A stream cannot have this name here at 'StreamName'",
    );
    expect(await errorOf("kinesis", "ListShards", { NextToken: "any" })).toBe(
      "400 ValidationException: 1 validation error detected: A token that was not issued here at 'NextToken'",
    );
  });
});

const item = { a: { S: "x" }, l: { L: [{ S: "q" }] }, m: { M: { k: { N: "1" } } }, s: { SS: ["a"] } };

describe("a request that would end the DynamoDB emulator", () => {
  it.each([
    ["PutItem", { TableName, Item: { ...item, b: null } }, "Item.b"],
    ["PutItem", { TableName, Item: { ...item, l: { L: [null] } } }, "Item.l.L.0"],
    ["PutItem", { TableName, Item: { ...item, m: { M: { k: null } } } }, "Item.m.M.k"],
    ["PutItem", { TableName, Item: { ...item, s: { SS: ["a", null] } } }, "Item.s.SS.1"],
    ["BatchWriteItem", { RequestItems: { [TableName]: [null] } }, `RequestItems.${TableName}.0`],
    [
      "BatchWriteItem",
      { RequestItems: { [TableName]: [{ PutRequest: { Item: { a: null } } }] } },
      `RequestItems.${TableName}.0.PutRequest.Item.a`,
    ],
    ["BatchGetItem", { RequestItems: { [TableName]: null } }, `RequestItems.${TableName}`],
    [
      "BatchGetItem",
      { RequestItems: { [TableName]: { Keys: [{ a: null }] } } },
      `RequestItems.${TableName}.Keys.0.a`,
    ],
    ["UpdateItem", { TableName, Key: { a: null } }, "Key.a"],
    ["Scan", { TableName, ExclusiveStartKey: { a: null } }, "ExclusiveStartKey.a"],
  ])("gets ValidationException for null in a list or a map: %s", async (operation, input, path) => {
    expect(await errorOf("dynamodb", operation, input)).toBe(hole(path));
  });

  it("gets ValidationException for an item of too many levels", async () => {
    const deep = `${'{"L":['.repeat(1000)}{"S":"x"}${"]}".repeat(1000)}`;
    expect(
      await errorOf("dynamodb", "PutItem", `{"TableName":"posts","Item":{"a":{"S":"x"},"b":${deep}}}`),
    ).toBe(
      "400 ValidationException: 1 validation error detected: Nesting Levels have exceeded supported limits",
    );
  });

  it("may have an item of 32 levels, which is what DynamoDB takes", async () => {
    const deep = `${'{"L":['.repeat(31)}{"S":"x"}${"]}".repeat(31)}`;
    const input = `{"RequestItems":{"posts":[{"PutRequest":{"Item":{"a":{"S":"x"},"b":${deep}}}}]}}`;
    expect((await call("dynamodb", "BatchWriteItem", input)).status).toBe(200);
  });
});

describe("a body that is no object in JSON", () => {
  it.each(["null", "[]", "1", '"text"', "{", ""])("gets SerializationException: %s", async (json) => {
    const error = "400 SerializationException: The body is no object in JSON.";
    expect(await errorOf("kinesis", "PutRecord", json)).toBe(error);
    expect(await errorOf("dynamodb", "PutItem", json)).toBe(error);
  });
});

describe("an upload in chunks that are none", () => {
  it.each(["-5\r\nabcdefgh\r\n", "5\r\nab", "zz", ""])("gets IncompleteBody: %j", async (body) => {
    const answer = await gateway.sendSigned("s3", {
      method: "PUT",
      path: "/failures/chunked",
      headers: {
        "content-encoding": "aws-chunked",
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      },
      body: Buffer.from(body),
    });
    expect([answer.status, /<Code>(.*)<\/Code>/.exec(answer.body.toString())?.[1]]).toEqual([
      400,
      "IncompleteBody",
    ]);
  });
});

describe("requests of any shape", () => {
  const inputs: [JsonService, string, object][] = [
    ["kinesis", "PutRecord", { StreamName, ...record }],
    ["kinesis", "PutRecords", { StreamName, Records: [record, record] }],
    ["kinesis", "AddTagsToStream", { StreamName, Tags: { a: "b" } }],
    ["kinesis", "ListShards", { StreamName, MaxResults: 1 }],
    ["dynamodb", "PutItem", { TableName, Item: item }],
    [
      "dynamodb",
      "BatchWriteItem",
      {
        RequestItems: {
          [TableName]: [{ PutRequest: { Item: item } }, { DeleteRequest: { Key: { a: { S: "y" } } } }],
        },
      },
    ],
    [
      "dynamodb",
      "UpdateItem",
      { TableName, Key: { a: { S: "x" } }, AttributeUpdates: { z: { Value: { S: "v" } } } },
    ],
    [
      "dynamodb",
      "TagResource",
      {
        ResourceArn: `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`,
        Tags: [{ Key: "k", Value: "v" }],
      },
    ],
  ];
  const strange = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      0,
      -1,
      "",
      "length",
      [],
      {},
      [null],
      [[]],
      [{}],
      { a: null },
      { S: null },
      { L: [null] },
    ),
    fc.jsonValue({ maxDepth: 3 }),
  );

  it("are answered, and end no emulator", async () => {
    const one = fc.record({ input: fc.constantFrom(...inputs), place: fc.nat(1000), value: strange });
    await fc.assert(
      fc.asyncProperty(one, async ({ input: [service, operation, input], place, value }) => {
        const { status } = await call(service, operation, JSON.stringify(replaced(input, place, value)));
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 200 },
    );
  });
});

/** A copy of a value with another one at one of its places, which are counted from the outside in. */
function replaced(value: unknown, place: number, replacement: unknown): unknown {
  const places: ((holder: { root: unknown }) => void)[] = [];
  const visit = (path: string[], node: unknown) => {
    places.push((holder) => {
      const parent = path
        .slice(0, -1)
        .reduce<Record<string, unknown>>((at, name) => at[name] as Record<string, unknown>, holder);
      parent[path.at(-1) ?? ""] = replacement;
    });
    if (typeof node === "object" && node !== null)
      for (const [name, member] of Object.entries(node)) visit([...path, name], member);
  };
  visit(["root"], value);
  const holder = { root: structuredClone(value) };
  places[place % places.length]?.(holder);
  return holder.root;
}
