import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { checkStream, type StreamAccess } from "../../kinesis-writer/stream-client";
import { emulatorAccess } from "../support/aws-access";
import { answerWith, type FaultProxy, resetConnection, startFaultProxy } from "../support/fault-proxy";
import { type KinesisServer, STREAM_NAME, startKinesisServer } from "../support/kinesis-server";

const ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/posts";

describe("checking the stream before a run", () => {
  let kinesis: KinesisServer;
  let proxy: FaultProxy;
  let access: StreamAccess;

  beforeEach(async () => {
    kinesis = await startKinesisServer();
    proxy = await startFaultProxy(kinesis.url);
    access = { ...emulatorAccess(proxy.url), streamName: STREAM_NAME };
  });
  afterEach(async () => {
    await proxy.stop();
    await kinesis.stop();
  });

  it("survives five failures in a row", async () => {
    const serverError = answerWith(500, { __type: "InternalFailure" });
    proxy.inject(serverError, resetConnection, serverError, resetConnection, serverError);
    await expect(checkStream(access, CALLER)).resolves.toMatchObject({ arn: ARN });
    expect(proxy.requests).toHaveLength(6);
  });

  it("tells the stream from one of the same name", async () => {
    proxy.inject(
      answerWith(200, {
        StreamDescriptionSummary: { StreamARN: ARN, StreamCreationTimestamp: 1_795_000_000.5 },
      }),
    );
    expect(await checkStream(access, CALLER)).toEqual({ arn: ARN, createdAt: "2026-11-18T11:06:40.500Z" });
  });

  it.each([
    ["the credentials may not ask", answerWith(400, { __type: "AccessDeniedException" })],
    ["there is no ARN", answerWith(200, { StreamDescriptionSummary: { StreamCreationTimestamp: 1 } })],
    ["there is no time", answerWith(200, { StreamDescriptionSummary: { StreamARN: ARN } })],
    ["there is nothing", answerWith(200, {})],
  ])("does not know what tells it from another if %s", async (_, answer) => {
    proxy.inject(answer);
    expect(await checkStream(access, CALLER)).toBeUndefined();
  });

  it("ends a run after the sixth, with Kinesis's own message", async () => {
    proxy.injectAlways(answerWith(500, { __type: "InternalFailure", message: "out of order" }));
    await expect(checkStream(access, CALLER)).rejects.toThrow(
      `Kinesis cannot be reached at ${proxy.url}: out of order`,
    );
    expect(proxy.requests).toHaveLength(6);
  });
});

const CALLER = {
  credentials: "the tester's key",
  remedies: { notAllowed: "ask for more", unknown: "ask for another", wrongSecret: "look it up" },
};
