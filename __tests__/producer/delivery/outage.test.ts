import { describe, expect, it } from "@jest/globals";
import { Outage } from "../../../producer/delivery/outage";
import { VirtualClock } from "../../support/virtual-clock";

function start() {
  const clock = new VirtualClock();
  const notices: string[] = [];
  const outage = new Outage((message) => notices.push(message), clock);
  return { clock, notices, outage };
}

describe("an outage", () => {
  it("is none before something fails, nor for the first five seconds", async () => {
    const { clock, notices, outage } = start();
    await clock.advance(60_000);
    expect(outage.reason).toBeUndefined();
    outage.addFailure("TimeoutError");
    await clock.advance(4999);
    outage.addFailure("TimeoutError");
    expect(outage.reason).toBeUndefined();
    expect(outage.status).toBeUndefined();
    expect(notices).toEqual([]);
  });

  it("is known after five seconds by its latest reason, and is said once", async () => {
    const { clock, notices, outage } = start();
    outage.addFailure("TimeoutError");
    await clock.advance(5000);
    expect(outage.reason).toBe("TimeoutError");
    expect(outage.status).toBe("waiting for Kinesis for 5 s (TimeoutError)");
    expect(notices).toEqual([]);
    outage.addFailure("ECONNREFUSED");
    await clock.advance(1_229_500);
    outage.addFailure("ServiceUnavailable");
    expect(outage.status).toBe("waiting for Kinesis for 1,235 s (ServiceUnavailable)");
    expect(notices).toEqual([
      "Kinesis takes no records (ECONNREFUSED); waiting, and reading no further meanwhile",
    ]);
  });

  it("is over as soon as something is stored, which is said if the outage was", async () => {
    const { clock, notices, outage } = start();
    outage.addFailure("TimeoutError");
    await clock.advance(4000);
    outage.addSuccess();
    await clock.advance(4000);
    outage.addFailure("TimeoutError");
    await clock.advance(4999);
    expect(outage.reason).toBeUndefined();
    expect(notices).toEqual([]);

    await clock.advance(1);
    outage.addFailure("TimeoutError");
    await clock.advance(7000);
    outage.addSuccess();
    outage.addSuccess();
    expect(outage.status).toBeUndefined();
    expect(notices).toEqual([
      "Kinesis takes no records (TimeoutError); waiting, and reading no further meanwhile",
      "Kinesis takes records again, after 12 s",
    ]);
  });

  it("is said again when another one comes", async () => {
    const { clock, notices, outage } = start();
    for (const reason of ["first", "second"]) {
      outage.addFailure(reason);
      await clock.advance(5000);
      outage.addFailure(reason);
      outage.addSuccess();
    }
    expect(notices).toEqual([
      "Kinesis takes no records (first); waiting, and reading no further meanwhile",
      "Kinesis takes records again, after 5 s",
      "Kinesis takes no records (second); waiting, and reading no further meanwhile",
      "Kinesis takes records again, after 5 s",
    ]);
  });
});
