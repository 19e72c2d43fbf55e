import type { Shard } from "@aws-sdk/client-kinesis";
import { describe, expect, it } from "@jest/globals";
import { Chaos, type Disruptable, seededChaos } from "../../../local/chaos/chaos";
import type { AwsRequest } from "../../../local/gateway/aws-request";
import { quietChaos } from "../../support/chaos";
import { VirtualClock } from "../../support/virtual-clock";

const PUT_RECORDS = {
  service: "kinesis",
  action: "kinesis:PutRecords",
  body: Buffer.from(
    JSON.stringify({ Records: Array.from({ length: 1001 }, () => ({ Data: "", PartitionKey: "ada" })) }),
  ),
} as unknown as AwsRequest;

const shard = (ShardId: string): Shard => ({
  ShardId,
  SequenceNumberRange: { StartingSequenceNumber: "0" },
  HashKeyRange: { StartingHashKey: "0", EndingHashKey: String(2n ** 128n - 1n) },
});

/** A cloud that is disrupted when the test says so. */
class FakeCloud implements Disruptable {
  readonly shards = [shard("old")];
  readonly disruptions: string[] = [];
  hasProgress = true;
  #finish: ((value: readonly Shard[] | undefined) => void)[] = [];

  reshard() {
    this.disruptions.push("reshard");
    return new Promise<readonly Shard[] | undefined>((resolve) => this.#finish.push(resolve));
  }

  async restartMappings() {
    this.disruptions.push("restart");
    await new Promise((resolve) => this.#finish.push(resolve));
  }

  hasCheckpoint() {
    return this.hasProgress;
  }

  /** Finishes what is under way. */
  async finish(shards?: readonly Shard[]): Promise<void> {
    for (const resolve of this.#finish.splice(0)) resolve(shards);
    await new Promise(setImmediate);
  }
}

function begun(chaos: Chaos): FakeCloud {
  const cloud = new FakeCloud();
  chaos.begin(cloud);
  return cloud;
}

const clock = new VirtualClock();

describe("resharding", () => {
  it("begins while records are put, and counts once the stream has new shards, whose limits then hold", async () => {
    const chaos = quietChaos({ clock, firstStrikes: { resharding: 2 } });
    const cloud = begun(chaos);
    // The only shard takes 1,000 of the 1,001 records; after that, nothing is left in this second.
    expect(chaos.strike(PUT_RECORDS)?.effect).toBe("reduce");
    expect(cloud.disruptions).toEqual([]);
    expect(chaos.strike(PUT_RECORDS)?.effect).toBe("answer");
    expect([cloud.disruptions, chaos.faults.resharding]).toEqual([["reshard"], 0]);
    await cloud.finish([shard("new")]);
    expect(chaos.faults.resharding).toBe(1);
    expect(chaos.strike(PUT_RECORDS)?.effect).toBe("reduce");
  });

  it("is tried again, one at a time, until the stream has new shards", async () => {
    const chaos = quietChaos({ clock, rates: { resharding: 1 } });
    const cloud = begun(chaos);
    chaos.strike(PUT_RECORDS);
    chaos.strike(PUT_RECORDS);
    expect(cloud.disruptions).toEqual(["reshard"]);
    await cloud.finish(undefined);
    expect(chaos.faults.resharding).toBe(0);
    chaos.strike(PUT_RECORDS);
    expect(cloud.disruptions).toEqual(["reshard", "reshard"]);
  });

  it("does not begin with any other request", () => {
    const chaos = quietChaos({ clock, rates: { resharding: 1 } });
    const cloud = begun(chaos);
    expect(chaos.strike({ ...PUT_RECORDS, action: "kinesis:GetRecords" })).toBeUndefined();
    expect(cloud.disruptions).toEqual([]);
  });

  it("that fails does not count, and disturbs nobody", async () => {
    const chaos = quietChaos({ clock, rates: { resharding: 1 } });
    chaos.begin({
      ...new FakeCloud(),
      hasCheckpoint: () => false,
      reshard: () => Promise.reject(new Error("no")),
      restartMappings: async () => undefined,
    });
    chaos.strike(PUT_RECORDS);
    await chaos.end();
    expect(chaos.faults.resharding).toBe(0);
  });
});

describe("mapping-restart", () => {
  it("begins with an invocation, and counts once the mappings run again", async () => {
    const chaos = quietChaos({ clock, firstStrikes: { "mapping-restart": 2 } });
    const cloud = begun(chaos);
    chaos.strikeInvocation();
    expect(cloud.disruptions).toEqual([]);
    chaos.strikeInvocation();
    expect([cloud.disruptions, chaos.faults["mapping-restart"]]).toEqual([["restart"], 0]);
    await cloud.finish();
    expect(chaos.faults["mapping-restart"]).toBe(1);
  });

  it("waits for a checkpoint", () => {
    const chaos = quietChaos({ clock, firstStrikes: { "mapping-restart": 1 } });
    const cloud = begun(chaos);
    cloud.hasProgress = false;
    chaos.strikeInvocation();
    expect(cloud.disruptions).toEqual([]);
    cloud.hasProgress = true;
    chaos.strikeInvocation();
    expect(cloud.disruptions).toEqual(["restart"]);
  });
});

describe("a fault of an invocation", () => {
  it.each(["killed", "timeout"] as const)("%s: the invocation ends within 50 milliseconds", (end) => {
    const kind = `function-${end}` as const;
    const chaos = quietChaos({ clock, random: () => 0.999, firstStrikes: { [kind]: 2 } });
    begun(chaos);
    expect(chaos.strikeInvocation()).toBeUndefined();
    const fault = chaos.strikeInvocation();
    expect(fault).toEqual({ end, afterMs: 49, onDone: expect.any(Function) });
    fault?.onDone(true);
    expect(chaos.faults[kind]).toBe(1);
    expect(chaos.strikeInvocation()).toBeUndefined();
  });

  it("does not count if the invocation ended before by itself, and strikes again", () => {
    const chaos = quietChaos({ clock, firstStrikes: { "function-killed": 1 } });
    begun(chaos);
    chaos.strikeInvocation()?.onDone(false);
    expect(chaos.faults["function-killed"]).toBe(0);
    expect(chaos.strikeInvocation()?.end).toBe("killed");
  });
});

describe("chaos", () => {
  it("strikes nobody before it begins", () => {
    const chaos = new Chaos({ random: () => 0, clock });
    expect([chaos.strike(PUT_RECORDS), chaos.strikeInvocation()]).toEqual([undefined, undefined]);
  });

  it("strikes nobody after it has ended, which is when its disruptions are over", async () => {
    const chaos = quietChaos({ clock, rates: { "mapping-restart": 1, "function-killed": 1, throttled: 1 } });
    const cloud = begun(chaos);
    expect(chaos.strikeInvocation()?.end).toBe("killed");
    let hasEnded = false;
    const ended = chaos.end().then(() => {
      hasEnded = true;
    });
    expect([chaos.strike(PUT_RECORDS), chaos.strikeInvocation()]).toEqual([undefined, undefined]);
    await new Promise(setImmediate);
    expect(hasEnded).toBe(false);
    await cloud.finish();
    await ended;
    expect([cloud.disruptions, chaos.faults["mapping-restart"]]).toEqual([["restart"], 1]);
  });

  it("names the kinds that have not struck", () => {
    const chaos = quietChaos({ clock, rates: { throttled: 1 } });
    begun(chaos);
    expect(chaos.missing()).toContain("throttled");
    chaos.strike(PUT_RECORDS)?.onDone(true);
    expect(chaos.missing()).not.toContain("throttled");
    expect(chaos.missing()).toHaveLength(14);
  });

  it("with a seed draws the same again", () => {
    const draws = (seed: number) => {
      const { random } = seededChaos(seed);
      return [random(), random()];
    };
    expect(draws(7)).toEqual(draws(7));
    expect(draws(7)).not.toEqual(draws(8));
  });
});
