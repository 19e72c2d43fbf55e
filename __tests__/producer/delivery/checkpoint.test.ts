import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { Checkpoint, type CheckpointOptions } from "../../../producer/delivery/checkpoint";
import { until } from "../../support/moment";
import { useTemporaryDirectory } from "../../support/temporary-directory";
import { VirtualClock } from "../../support/virtual-clock";

const directory = useTemporaryDirectory();

/** Opens a checkpoint whose clock moves only when the test says so. */
async function open(options: Partial<CheckpointOptions> = {}) {
  const clock = new VirtualClock();
  const file = path.join(directory.path, "checkpoint.json");
  const warnings: string[] = [];
  const checkpoint = await Checkpoint.open({
    source: {
      description: "posts",
      async *items() {},
      resumption: { checkpointPath: file, describe: (position) => `line ${position}` },
    },
    sourceName: "file",
    stream: "the stream posts",
    onSave: async () => undefined,
    onWarning: (message) => warnings.push(message),
    clock,
    ...options,
  });
  const settle = (position: number) => checkpoint.settle(checkpoint.add(position));
  const saved = () => JSON.parse(readFileSync(file, "utf8"));
  return { checkpoint, clock, warnings, settle, saved };
}

describe("a checkpoint", () => {
  it("is saved once a second while items are settled, and at the end", async () => {
    const { checkpoint, clock, settle, saved } = await open();
    settle(1);
    await clock.advance(999);
    expect(saved().position).toBeUndefined();
    await clock.advance(1);
    await until(() => saved().position === 1);

    settle(2);
    await clock.advance(1000);
    await until(() => saved().position === 2);
    settle(3);
    await checkpoint.close(true);
    expect(saved()).toMatchObject({ position: 3, complete: true, savedAt: new Date(clock.now()).toJSON() });
  });

  it("starts no timer before the first item, so that a run that fails early can end", async () => {
    const { clock, settle, checkpoint } = await open();
    expect(clock.slept).toEqual([]);
    settle(1);
    expect(clock.slept).toEqual([1000]);
    await checkpoint.close(false);
  });

  it("warns once of a file that cannot be written, and fails at the end if it still cannot", async () => {
    let broken = false;
    const onSave = async () => {
      if (broken) throw new Error("no space");
    };
    const { checkpoint, clock, warnings, settle, saved } = await open({ onSave });
    broken = true;
    settle(1);
    await clock.advance(1000);
    await until(() => warnings.length > 0);
    settle(2);
    await clock.advance(1000);
    await expect(checkpoint.close(true)).rejects.toThrow("cannot be written (no space)");
    expect(warnings).toEqual([expect.stringContaining("cannot be written (no space)")]);
    expect(saved().position).toBeUndefined();
  });
});
