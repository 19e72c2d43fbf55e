import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "@jest/globals";
import {
  emptyKey,
  failed,
  itemsWithIds,
  itemWithId,
  rejected,
  stored,
  tooLarge,
  useEventWriter,
} from "../../support/event-writer";
import { answerWith } from "../../support/fault-proxy";

const writer = useEventWriter();

/** Names of attributes with their types, and the first two as partition and sort key. */
function keyedBy(...[partition, sort, ...others]: [string, string][]): Partial<CreateTableCommandInput> {
  const attributes = [partition, sort, ...others].filter((attribute) => attribute !== undefined);
  return {
    AttributeDefinitions: attributes.map(([AttributeName, type]) => ({
      AttributeName,
      AttributeType: type as "S" | "N",
    })),
    KeySchema: [partition, sort].map((attribute, index) => ({
      AttributeName: attribute?.[0],
      KeyType: index === 0 ? "HASH" : "RANGE",
    })),
  };
}

const indexOn = (AttributeName: string) => ({
  GlobalSecondaryIndexes: [
    {
      IndexName: "by-attribute",
      KeySchema: [{ AttributeName, KeyType: "HASH" as const }],
      Projection: { ProjectionType: "KEYS_ONLY" as const },
    },
  ],
});

describe("items that the table's own fault makes invalid, which were rejected one and all,", () => {
  it.each<[string, Partial<CreateTableCommandInput>, string]>([
    [
      "a key of another name",
      keyedBy(["Author", "S"], ["Id", "S"]),
      "The provided key element does not match the schema",
    ],
    [
      "a key of another type",
      keyedBy(["Username", "S"], ["Id", "N"]),
      "The provided key element does not match the schema",
    ],
    [
      "an index of another type",
      { ...keyedBy(["Username", "S"], ["Id", "S"], ["Timestamp", "N"]), ...indexOn("Timestamp") },
      "One or more parameter values were invalid: Type mismatch for Index Key Timestamp Expected: N Actual: S IndexName: by-attribute",
    ],
  ])("are reported as failed: %s", async (_, table, message) => {
    await writer.useTable(table);

    const { outcomes, problems } = await writer.write(itemsWithIds(30));

    expect(outcomes).toEqual(itemsWithIds(30).map(() => failed));
    expect(problems).toEqual({ [`DynamoDB: ValidationException: ${message}`]: 30 });
  });

  it("are reported as failed even if there is only one", async () => {
    await writer.useTable(keyedBy(["Author", "S"], ["Id", "S"]));

    expect(await writer.write([itemWithId("1")])).toMatchObject({ outcomes: [failed] });
  });

  it("are stored once the table is right", async () => {
    writer.proxy.injectAlways(
      answerWith(400, { __type: "com.amazon.coral.validate#ValidationException", message: "No such index" }),
    );
    await writer.write(itemsWithIds(3));
    writer.proxy.injectAlways(undefined);

    expect(await writer.write(itemsWithIds(3))).toMatchObject({ outcomes: [stored, stored, stored] });
  });
});

describe("items that are invalid by themselves, which block their shard if they are taken for the table's fault,", () => {
  it("are rejected, even if the batch has no other, when DynamoDB says what only an item can be", async () => {
    const items = itemsWithIds(25).map((item, index) => (index % 2 === 0 ? emptyKey(item) : tooLarge(item)));

    expect(await writer.write(items)).toMatchObject({ outcomes: items.map(() => rejected), problems: {} });
  });

  it.each([
    "Item size has exceeded the maximum allowed size",
    "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
    "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: Id",
    "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: by-language, IndexKey: Lang",
  ])("are rejected when DynamoDB says: %s", async (message) => {
    writer.proxy.injectAlways(answerWith(400, { __type: "ValidationException", message }));

    expect(await writer.write([itemWithId("1")])).toMatchObject({
      outcomes: [{ status: "rejected", detail: message }],
    });
  });

  it("are rejected, whatever DynamoDB says, when the table takes another item of the batch", async () => {
    writer.proxy.injectAlways((request, forward) =>
      request.body.includes('"S":"0007"')
        ? answerWith(400, { __type: "ValidationException", message: "Anything else" })(request, forward)
        : forward(request),
    );

    const { outcomes } = await writer.write(itemsWithIds(26));

    expect(outcomes).toEqual(
      itemsWithIds(26).map((_, index) =>
        index === 7 ? { status: "rejected", detail: "Anything else" } : stored,
      ),
    );
  });
});

describe("items that are sent again in smaller requests", () => {
  it("count as retried for each time, and wait as long as a later attempt does", async () => {
    const invalid = tooLarge(itemWithId("0003"));
    let halves = 0;
    writer.proxy.injectAlways((request, forward) => {
      const isUpperHalf = request.body.includes('"S":"0002"') && !request.body.includes('"S":"0001"');
      return isUpperHalf && halves++ === 0 ? answerWith(500)(request, forward) : forward(request);
    });

    const { outcomes, retried, slept } = await writer.write([...itemsWithIds(3), invalid]);

    expect(outcomes).toEqual([stored, stored, stored, rejected]);
    // All four in halves, the upper half again after its fault, and then each of its two items.
    expect(retried).toBe(4 + 2 + 2);
    expect(slept).toEqual([100]);
  });
});
