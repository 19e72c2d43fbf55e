import { ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "@jest/globals";
import type { Clients } from "../../../local/gateway/clients";
import {
  Bucket,
  clock,
  connect,
  connectOnce,
  describeStream,
  nameOf,
  put,
  struck,
} from "../../support/struck-gateway";

describe("a fault that lasts", () => {
  const list = ({ s3 }: Clients) => nameOf(s3.send(new ListBucketsCommand({})));
  const putObject = ({ s3 }: Clients) =>
    nameOf(s3.send(new PutObjectCommand({ Bucket, Key: "rejected/1", Body: "x" })));

  it("bucket-unavailable: begins when an object is put, and S3 answers nobody for two seconds", async () => {
    const { clients, chaos } = await connectOnce("bucket-unavailable", 2);
    expect([await list(clients), await putObject(clients)]).toEqual(["no error", "no error"]);
    expect([await putObject(clients), await list(clients)]).toEqual([
      "ServiceUnavailable",
      "ServiceUnavailable",
    ]);
    await clock.advance(1999);
    expect(await list(clients)).toBe("ServiceUnavailable");
    await clock.advance(1);
    expect(await putObject(clients)).toBe("no error");
    expect(struck(chaos)).toEqual({ "bucket-unavailable": 3 });
  });

  it("bucket-unavailable: the other services still answer", async () => {
    const { clients } = await connect("bucket-unavailable");
    expect(await putObject(clients)).toBe("ServiceUnavailable");
    expect(await nameOf(describeStream(clients))).toBe("no error");
  });

  it("emulator-away: one service ends every connection for one to three seconds, and the others answer", async () => {
    const { clients, chaos } = await connectOnce("emulator-away", 3);
    // Nothing is away before records flow: a program that only starts might rightly give up.
    for (let calls = 0; calls < 5; calls += 1) expect(await list(clients)).toBe("no error");
    await put(clients, "flowing");
    expect([await list(clients), await nameOf(describeStream(clients))]).toEqual([
      "no error",
      "socket hang up",
    ]);
    expect(await list(clients)).toBe("no error");
    // The draw of 0.25 makes it 1.5 seconds.
    await clock.advance(1499);
    expect(await nameOf(describeStream(clients))).toBe("socket hang up");
    await clock.advance(1);
    expect(await nameOf(describeStream(clients))).toBe("no error");
    expect(struck(chaos)).toEqual({ "emulator-away": 2 });
  });
});
