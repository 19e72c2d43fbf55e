import { describe, expect, it } from "@jest/globals";
import { readStackSettings } from "../../infrastructure/stack-settings";

describe("the settings", () => {
  it("have a default each", () => {
    expect(readStackSettings()).toEqual({
      stackName: "stream-processing",
      region: "us-east-1",
      streamMode: "PROVISIONED",
      shardCount: 1,
      retentionHours: 24,
      batchSize: 500,
      batchWindowSeconds: 1,
      parallelizationFactor: 1,
      maximumRetryAttempts: 30,
      memorySize: 512,
      timeoutSeconds: 60,
      timeToLiveDays: 0,
      logRetentionDays: 14,
      failureRetentionDays: 90,
      protectData: false,
    });
  });

  it("of the environment override those of the context, and those of the command line both", () => {
    const { batchSize, memorySize, region } = readStackSettings({
      context: { batchSize: 1, memorySize: 256, region: "eu-west-1" },
      environment: { STREAM_PROCESSING_BATCH_SIZE: "2", STREAM_PROCESSING_MEMORY_SIZE: "1024", PATH: "/bin" },
      commandLine: ["--batch-size=3"],
    });
    expect({ batchSize, memorySize, region }).toEqual({
      batchSize: 3,
      memorySize: 1024,
      region: "eu-west-1",
    });
  });

  it.each([
    [
      { shardCount: 0 },
      "setting shardCount is 0, but it must be a whole number from 1 to 500. Change it in cdktf.json under context.settings, or with STREAM_PROCESSING_SHARD_COUNT.",
    ],
    [{ batchSize: "12x" }, 'setting batchSize is "12x", but it must be a whole number from 1 to 10000.'],
    [{ batchSize: 1.5 }, "setting batchSize is 1.5, but it must be a whole number from 1 to 10000."],
    [{ region: 5 }, "setting region is 5, but it must be a string."],
    [{ region: "Oslo" }, 'setting region is "Oslo", but it must be an AWS region such as us-east-1.'],
    [
      { streamMode: "on-demand" },
      'setting streamMode is "on-demand", but it must be PROVISIONED or ON_DEMAND.',
    ],
    [{ logRetentionDays: 8 }, "setting logRetentionDays is 8, but it must be one of 1, 3, 5, 7, 14,"],
    [{ stackName: "my_stack" }, 'setting stackName is "my_stack", but it must start with a letter'],
    [{ protectData: "yes" }, 'setting protectData is "yes", but it must be true or false.'],
    [{ shards: 2 }, "there is no setting shards; there are: stackName, region, streamMode,"],
    ["many", 'context.settings in cdktf.json is "many", but it must be an object.'],
  ])("do not accept %j, and the message says why", (context, message) => {
    expect(() => readStackSettings({ context })).toThrow(message);
  });

  it("do not accept a variable that names no setting, so that a typing error is noticed", () => {
    const environment = { STREAM_PROCESSING_SHARDS: "2" };
    expect(() => readStackSettings({ environment })).toThrow("there is no setting STREAM_PROCESSING_SHARDS");
  });

  it("do not accept an argument that names no setting", () => {
    expect(() => readStackSettings({ commandLine: ["--shards=2"] })).toThrow(
      "there is no setting --shards=2",
    );
    expect(() => readStackSettings({ commandLine: ["-v"] })).toThrow("argument -v is not understood");
  });
});
