import { CreateStreamCommand, ListStreamsCommand } from "@aws-sdk/client-kinesis";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startMappings } from "../../../local/cloud/start-mappings";
import { type Clients, createClients } from "../../../local/gateway/clients";
import { type Emulators, startEmulators } from "../../../local/gateway/emulators";
import { startGateway } from "../../../local/gateway/gateway";
import type { HttpServer } from "../../../local/gateway/http-server";
import { LocalAccount } from "../../../local/gateway/local-account";
import { mappingSettings } from "../../support/mapping-settings";
import { VirtualClock } from "../../support/virtual-clock";

const account = new LocalAccount("us-east-1");
const clock = new VirtualClock();
const roleArn = account.arn("iam", "role/function");
const actions: string[] = [];
let emulators: Emulators;
let gateway: HttpServer;
let endpoint: string;
let clients: Clients;

beforeAll(async () => {
  emulators = await startEmulators();
  const strike = ({ action }: { action: string }) => {
    actions.push(action);
    return undefined;
  };
  gateway = await startGateway({ port: 0, account, emulatorSockets: emulators.sockets, clock, strike });
  endpoint = `http://127.0.0.1:${gateway.port}`;
  clients = createClients(endpoint, "us-east-1", account.operatorKey);
  account.attach(roleArn, [{ Effect: "Allow", Action: ["kinesis:*"], Resource: ["*"] }]);
  await clients.kinesis.send(new CreateStreamCommand({ StreamName: "events", ShardCount: 1 }));
});

afterAll(async () => {
  await gateway.close();
  await emulators.stop();
});

describe("Event source mappings", () => {
  it("of which one cannot start are all stopped: the others read no further", async () => {
    const streams = ["events", "no-such-stream"];
    const mappings = streams.map((name) =>
      mappingSettings({ streamArn: account.arn("kinesis", `stream/${name}`), roleArn }),
    );
    const provisioning = {
      account,
      clients,
      endpoint,
      folder: "",
      functions: new Map(),
      mappings,
      archives: new Map(),
      trustedServices: new Map(),
      expiringTables: [],
    };
    const onProblem = () => undefined;
    const started = startMappings(provisioning, {
      sandboxes: new Map(),
      chaos: undefined,
      clock,
      onProblem,
    });
    await expect(started).rejects.toThrow(
      /^the event source mapping cannot start: Stream no-such-stream under account 000000000000 not found/,
    );
    expect(actions).toContain("kinesis:ListShards");
    actions.length = 0;
    await clock.advance(10_000);
    await clients.kinesis.send(new ListStreamsCommand({}));
    expect(actions).toEqual(["kinesis:ListStreams"]);
  });
});
