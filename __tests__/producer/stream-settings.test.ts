import { describe, expect, it } from "@jest/globals";
import { streamSettings } from "../../producer/stream-settings";
import { CommandError } from "../../shared/errors";
import type { Stack } from "../../shared/stack";

const STACK: Stack = {
  outputs: {
    stream_name: "deployed-stream",
    region: "eu-west-1",
    access_key_id: "AKIADEPLOYED",
    secret_access_key: "deployed-secret",
    table_name: "t",
    function_name: "f",
    failure_bucket_name: "b",
  },
};
const ENVIRONMENT = {
  PRODUCER_STREAM_NAME: "environment-stream",
  PRODUCER_REGION: "us-west-2",
  PRODUCER_ACCESS_KEY_ID: "AKIAENVIRONMENT",
  PRODUCER_SECRET_ACCESS_KEY: "environment-secret",
};

const deployed = async () => STACK;
const notAsked = async () => {
  throw new Error("the outputs were read");
};

describe("streamSettings", () => {
  it("takes everything from the outputs", async () => {
    expect(await streamSettings({}, {}, deployed)).toEqual({
      streamName: "deployed-stream",
      region: "eu-west-1",
      credentials: { accessKeyId: "AKIADEPLOYED", secretAccessKey: "deployed-secret" },
    });
  });

  it("takes the endpoint of a local stack", async () => {
    const local = async () => ({ ...STACK, endpoint: "http://127.0.0.1:4566" });
    expect(await streamSettings({ local: true }, {}, local)).toMatchObject({
      endpoint: "http://127.0.0.1:4566",
    });
  });

  it("does not read the outputs when options and environment say everything", async () => {
    expect(await streamSettings({}, ENVIRONMENT, notAsked)).toEqual({
      streamName: "environment-stream",
      region: "us-west-2",
      credentials: { accessKeyId: "AKIAENVIRONMENT", secretAccessKey: "environment-secret" },
    });
  });

  it("puts options before the environment, and the environment before the outputs", async () => {
    const environment = {
      PRODUCER_STREAM_NAME: "environment-stream",
      PRODUCER_ENDPOINT_URL: "https://environment.example",
    };
    expect(
      await streamSettings(
        { region: "ap-south-1", endpointUrl: "https://option.example" },
        environment,
        deployed,
      ),
    ).toEqual({
      streamName: "environment-stream",
      region: "ap-south-1",
      credentials: { accessKeyId: "AKIADEPLOYED", secretAccessKey: "deployed-secret" },
      endpoint: "https://option.example",
    });
  });
});

describe("the environment", () => {
  it.each([{ local: true }, { stack: "other" }])("is ignored with %j", async (flags) => {
    expect(await streamSettings(flags, ENVIRONMENT, deployed)).toMatchObject({
      streamName: "deployed-stream",
      region: "eu-west-1",
      credentials: { accessKeyId: "AKIADEPLOYED" },
    });
  });

  it("is never searched for the deployer's AWS_ variables", async () => {
    const environment = {
      AWS_ACCESS_KEY_ID: "AKIADEPLOYER",
      AWS_SECRET_ACCESS_KEY: "s",
      AWS_REGION: "us-east-1",
    };
    expect(await streamSettings({}, environment, deployed)).toMatchObject({
      region: "eu-west-1",
      credentials: { accessKeyId: "AKIADEPLOYED" },
    });
  });

  it("may hold an empty variable, which counts as not set", async () => {
    const environment = { ...ENVIRONMENT, PRODUCER_STREAM_NAME: "", PRODUCER_ENDPOINT_URL: "" };
    expect(await streamSettings({}, environment, deployed)).toMatchObject({
      streamName: "deployed-stream",
    });
  });
});

describe("settings that are wrong or missing", () => {
  it.each([
    ["PRODUCER_ACCESS_KEY_ID", "PRODUCER_SECRET_ACCESS_KEY"],
    ["PRODUCER_SECRET_ACCESS_KEY", "PRODUCER_ACCESS_KEY_ID"],
  ])("are %s without %s: the message shows neither", async (set, missing) => {
    const attempt = streamSettings({}, { ...ENVIRONMENT, [missing]: undefined }, deployed);
    await expect(attempt).rejects.toThrow(`${set} is set and ${missing} is not; set both or neither`);
    await expect(attempt).rejects.toMatchObject({ exitCode: 2 });
  });

  it.each(["localhost:4566", "ftp://localhost", "nonsense"])("are the endpoint %s", async (value) => {
    await expect(streamSettings({}, { PRODUCER_ENDPOINT_URL: value }, deployed)).rejects.toThrow(
      `PRODUCER_ENDPOINT_URL is ${value}; it must be a URL that begins with http:// or https://`,
    );
  });

  it("are named if some variables are set and there are no outputs", async () => {
    const notDeployed = async () => {
      throw new CommandError("not deployed");
    };
    const environment = { ...ENVIRONMENT, PRODUCER_REGION: undefined };
    await expect(streamSettings({}, environment, notDeployed)).rejects.toThrow(
      "not deployed\n(the stack's outputs were needed because PRODUCER_REGION is not set)",
    );
    await expect(streamSettings({}, {}, notDeployed)).rejects.toThrow(/^not deployed$/);
  });
});
