import { type AttributeValue, DynamoDBClient, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startTimeToLive } from "../../../local/cloud/time-to-live";
import { emulatorAccess } from "../../support/aws-access";
import { type DynamoDbEmulator, startDynamoDbEmulator } from "../../support/dynamodb-emulator";
import { until } from "../../support/moment";
import { VirtualClock } from "../../support/virtual-clock";

let emulator: DynamoDbEmulator;
let client: DynamoDBClient;
const clock = new VirtualClock();
const HOUR_SECONDS = 3600;
const table = { name: "events", keys: ["Username", "Id"], expiry: "ExpiresAt" };

beforeAll(async () => {
  emulator = await startDynamoDbEmulator();
  client = new DynamoDBClient(emulatorAccess(emulator.url));
  await emulator.createTable(table.name);
});

afterAll(async () => {
  client.destroy();
  await emulator.stop();
});

async function put(id: string, ExpiresAt?: AttributeValue): Promise<void> {
  const Item = { Username: { S: "ada" }, Id: { S: id }, ...(ExpiresAt && { ExpiresAt }) };
  await client.send(new PutItemCommand({ TableName: table.name, Item }));
}

async function ids(): Promise<(string | undefined)[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: table.name }));
  return Items.map(({ Id }) => Id?.S).sort();
}

describe("Items with a time to live", () => {
  it("are deleted once it has passed, and no others", async () => {
    const nowSeconds = clock.now() / 1000;
    await put("expired", { N: String(nowSeconds + HOUR_SECONDS - 1) });
    await put("later", { N: String(nowSeconds + 2 * HOUR_SECONDS - 1) });
    await put("never");
    await put("of another type", { S: "1" });
    await put("more than five years ago", { N: "1" });
    const problems: string[] = [];
    const timeToLive = startTimeToLive([table], client, clock, (message) => problems.push(message));

    await clock.advance(HOUR_SECONDS * 1000);
    const kept = ["more than five years ago", "never", "of another type"];
    await until(async () => (await ids()).length === 4);
    expect(await ids()).toEqual(["later", ...kept].sort());
    await clock.advance(HOUR_SECONDS * 1000);
    await until(async () => (await ids()).length === 3);
    expect(await ids()).toEqual(kept);

    await timeToLive.stop();
    expect(problems).toEqual([]);
  });

  it("that cannot be deleted are a problem, not the end", async () => {
    const problems: string[] = [];
    const missing = { ...table, name: "missing" };
    const timeToLive = startTimeToLive([missing], client, clock, (message) => problems.push(message));
    await clock.advance(HOUR_SECONDS * 1000);
    await until(() => problems.length === 1);
    expect(problems).toEqual([
      "the expired items of missing cannot be deleted: Requested resource not found",
    ]);
    await timeToLive.stop();
  });
});
