import { ScanCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-kinesis";
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "@jest/globals";
import {
  clock,
  connect,
  connectOnce,
  describeStream,
  nameOf,
  onTheStream,
  put,
  StreamName,
  struck,
  TableName,
} from "../../support/struck-gateway";

describe("a request that is not carried out, or whose answer is lost", () => {
  it("throttled: each service answers with its own error, and nothing is carried out", async () => {
    const { chaos, clients } = await connect("throttled");
    expect(await nameOf(put(clients, "throttled"))).toBe("ProvisionedThroughputExceededException");
    expect(await nameOf(clients.dynamodb.send(new ScanCommand({ TableName })))).toBe(
      "ProvisionedThroughputExceededException",
    );
    expect(await nameOf(clients.s3.send(new ListBucketsCommand({})))).toBe("SlowDown");
    expect(await onTheStream()).not.toContain("throttled");
    expect(struck(chaos)).toEqual({ throttled: 3 });
  });

  it("server-error: HTTP 500, with each service's own error", async () => {
    const { chaos, clients } = await connect("server-error");
    const errors = [describeStream(clients), clients.dynamodb.send(new ScanCommand({ TableName }))];
    const s3 = clients.s3.send(new ListBucketsCommand({}));
    const answers = [...errors, s3].map((call) =>
      call.then(
        () => "no error",
        ({ name, $metadata, message }) => [name, $metadata.httpStatusCode, message],
      ),
    );
    const message = "We encountered an internal error. Please try again.";
    expect(await Promise.all(answers)).toEqual([
      ["InternalFailure", 500, message],
      ["InternalServerError", 500, message],
      ["InternalError", 500, message],
    ]);
    expect(struck(chaos)).toEqual({ "server-error": 3 });
  });

  it("connection-reset: the connection ends and nothing is carried out", async () => {
    const { chaos, clients } = await connect("connection-reset");
    expect(await nameOf(put(clients, "reset"))).toBe("socket hang up");
    expect(await onTheStream()).not.toContain("reset");
    expect(struck(chaos)).toEqual({ "connection-reset": 1 });
  });

  it("lost-response: the connection ends although the request was carried out", async () => {
    const { chaos, clients } = await connect("lost-response");
    expect(await nameOf(put(clients, "carried out"))).toBe("socket hang up");
    expect(await onTheStream()).toContain("carried out");
    expect(struck(chaos)).toEqual({ "lost-response": 1 });
  });

  it("lost-response: counts only if the request was carried out", async () => {
    const { chaos, clients } = await connect("lost-response");
    const unknown = clients.kinesis.send(new DescribeStreamSummaryCommand({ StreamName: "unknown" }));
    expect(await nameOf(unknown)).toBe("socket hang up");
    expect(struck(chaos)).toEqual({});
  });
});

describe("a request that is struck in another way", () => {
  it("slow-answer: the answer comes up to half a second later", async () => {
    const { chaos, clients } = await connectOnce("slow-answer");
    clock.run();
    const { StreamDescriptionSummary } = await describeStream(clients).finally(() => clock.stop());
    expect(StreamDescriptionSummary?.StreamName).toBe(StreamName);
    expect([clock.slept.at(-1), struck(chaos)]).toEqual([125, { "slow-answer": 1 }]);
  });

  it("expired-iterator: GetRecords answers ExpiredIteratorException, and no other call does", async () => {
    const { chaos, clients } = await connectOnce("expired-iterator");
    const { ShardIterator } = await clients.kinesis.send(
      new GetShardIteratorCommand({
        StreamName,
        ShardId: "shardId-000000000000",
        ShardIteratorType: "LATEST",
      }),
    );
    const read = () => nameOf(clients.kinesis.send(new GetRecordsCommand({ ShardIterator })));
    expect([await read(), await read()]).toEqual(["ExpiredIteratorException", "no error"]);
    expect(struck(chaos)).toEqual({ "expired-iterator": 1 });
  });
});
