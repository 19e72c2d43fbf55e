import type { S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { RestartableMapping } from "../../../local/cloud/restartable-mapping";
import { systemClock } from "../../../shared/clock";
import { answerWith } from "../../support/fault-proxy";
import { mappingSettings } from "../../support/mapping-settings";
import { moment, until } from "../../support/moment";
import { lettersOf, type Reaction, succeed } from "../../support/scripted-function";
import { type StreamEmulator, startStreamEmulator } from "../../support/stream-emulator";

let stream: StreamEmulator;
let mapping: RestartableMapping;
const problems: string[] = [];

beforeAll(async () => {
  stream = await startStreamEmulator();
});

afterEach(async () => {
  await mapping.stop();
  problems.length = 0;
});

afterAll(() => stream.stop());

/** Starts a mapping with batches of two records; returns the letters of its batches. */
async function start(name: string, react: Reaction): Promise<string[]> {
  const streamArn = await stream.createStream(name, 1);
  await stream.put(name, "abcdef");
  const batches: string[] = [];
  mapping = new RestartableMapping({
    settings: mappingSettings({ streamArn, batchSize: 2 }),
    kinesis: stream.client,
    s3: {} as S3Client,
    clock: systemClock,
    invoke: (event) => {
      batches.push(lettersOf(event.Records));
      return react(event);
    },
    onHandled: () => undefined,
    onProblem: (problem) => problems.push(problem),
  });
  await mapping.start();
  return batches;
}

/** Succeeds, but waits with its answer to the second invocation. */
function slowOnce(): { react: Reaction; isSlow: Promise<void>; finish: () => void } {
  let invocations = 0;
  const begin = moment();
  const end = moment();
  const react: Reaction = async (event) => {
    invocations += 1;
    if (invocations === 2) {
      begin.reach();
      await end.reached;
    }
    return succeed(event);
  };
  return { react, isSlow: begin.reached, finish: end.reach };
}

describe("A mapping that is restarted in the middle of a batch", () => {
  it("resumes from its checkpoint: it invokes the function with the batch again, and with no other", async () => {
    const { react, isSlow, finish } = slowOnce();
    const batches = await start("restarted", react);
    await isSlow;
    expect(mapping.hasCheckpoint).toBe(true);
    const caughtUp = mapping.caughtUp();
    const restarted = mapping.restart();
    finish();
    await restarted;
    await caughtUp;
    expect(batches).toEqual(["ab", "cd", "cd", "ef"]);
    expect(problems).toEqual([]);
  });

  it("has caught up only when it has read everything after the restart", async () => {
    const { react, isSlow, finish } = slowOnce();
    const batches = await start("awaited", react);
    await isSlow;
    const restarted = mapping.restart();
    const caughtUp = mapping.caughtUp();
    finish();
    await caughtUp;
    expect(batches).toEqual(["ab", "cd", "cd", "ef"]);
    await restarted;
  });
});

describe("A restart", () => {
  it("is tried until it succeeds, and says why it did not", async () => {
    const batches = await start("failing", succeed);
    await mapping.caughtUp();
    stream.failNext("DescribeStream", answerWith(503, "busy"));
    await mapping.restart();
    await stream.put("failing", "g");
    await mapping.caughtUp();
    expect(batches).toEqual(["ab", "cd", "ef", "g"]);
    expect(problems).toEqual([expect.stringMatching(/^the event source mapping cannot start again: /)]);
  });

  it("happens once if two ask for it at the same time", async () => {
    await start("twice", succeed);
    await mapping.caughtUp();
    const starts = () => stream.calls.filter(({ operation }) => operation === "DescribeStream").length;
    const before = starts();
    await Promise.all([mapping.restart(), mapping.restart()]);
    expect(starts() - before).toBe(1);
  });

  it("has nothing to resume from before the first batch is handled", async () => {
    const end = moment();
    const batches = await start("fresh", async (event) => {
      await end.reached;
      return succeed(event);
    });
    await until(() => batches.length === 1);
    expect(mapping.hasCheckpoint).toBe(false);
    end.reach();
    await mapping.caughtUp();
    expect(mapping.hasCheckpoint).toBe(true);
  });

  it("ends when the mapping is stopped meanwhile, and nobody waits any longer", async () => {
    const { react, isSlow, finish } = slowOnce();
    const batches = await start("stopped", react);
    await isSlow;
    const restarted = mapping.restart();
    const caughtUp = mapping.caughtUp();
    const stopped = mapping.stop();
    finish();
    await Promise.all([restarted, caughtUp, stopped]);
    expect(batches).toEqual(["ab", "cd"]);
  });
});
