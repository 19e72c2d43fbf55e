import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { Checkpoint, type CheckpointOptions } from "../../../producer/delivery/checkpoint";
import type { InputIdentity, Source } from "../../../producer/sources/source";
import { CommandError } from "../../../shared/errors";
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
    await until(() => clock.slept.length === 2);
    expect(saved().position).toBe(1);

    settle(2);
    await clock.advance(1000);
    await until(() => saved().position === 2);
    settle(3);
    await checkpoint.close(true);
    expect(saved()).toMatchObject({ position: 3, complete: true, savedAt: new Date(clock.now()).toJSON() });
  });

  it("is not complete before the end, and not saved while nothing is settled", async () => {
    let saves = 0;
    const onSave = async () => void saves++;
    const { checkpoint, clock, settle, saved } = await open({ onSave });
    settle(1);
    await clock.advance(1000);
    await until(() => clock.slept.length === 2);
    expect(saved()).toMatchObject({ position: 1, complete: false });
    expect(saves).toBe(2);
    checkpoint.add(2);
    await clock.advance(1000);
    expect(clock.slept).toEqual([1000, 1000, 1000]);
    expect(saves).toBe(2);
    await checkpoint.close(false);
    expect(saves).toBe(3);
    expect(saved()).toMatchObject({ position: 1, complete: false });
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
    await until(() => clock.slept.length === 2);
    expect(warnings).toHaveLength(1);
    settle(2);
    await clock.advance(1000);
    await expect(checkpoint.close(true)).rejects.toThrow("cannot be written (no space)");
    expect(warnings).toEqual([expect.stringContaining("cannot be written (no space)")]);
    expect(saved().position).toBeUndefined();
  });
});

describe("a run with a checkpoint", () => {
  it("says where the run resumes, and that there is nothing left", async () => {
    const file = path.join(directory.path, "checkpoint.json");
    const first = await open();
    expect(first.checkpoint.greeting).toBe(`nothing from posts was delivered yet (checkpoint ${file})`);
    first.settle(7);
    await first.checkpoint.close(false);
    const second = await open();
    expect(second.checkpoint.greeting).toBe(`resuming after line 7 of posts (checkpoint ${file})`);
    await second.checkpoint.close(true);
    const third = await open();
    expect(third.checkpoint.greeting).toBe(
      `posts was delivered to its end, and there is nothing new in it (checkpoint ${file})`,
    );
    await third.checkpoint.close(true);
  });

  it("is none of a source that cannot be read again", async () => {
    const source = { description: "posts", async *items() {} };
    const opening = open({ source });
    await expect(opening).rejects.toThrow(/^--resume: posts cannot be read again from where it was$/);
    await expect(opening).rejects.toMatchObject({ exitCode: 2 });
  });
});

/** A source whose input has an identity; what it compares to is the test's choice. */
function sourceWith(input: InputIdentity): Source {
  return {
    description: "posts",
    async *items() {},
    resumption: {
      checkpointPath: path.join(directory.path, "checkpoint.json"),
      describe: (position) => `line ${position}`,
      input,
    },
  };
}

describe("the input of a checkpoint", () => {
  it("is identified again at each save: what was read may have been added since", async () => {
    const noted: unknown[] = [];
    const identify = async (earlier?: unknown) => {
      noted.push(earlier);
      return noted.length;
    };
    const { checkpoint, settle, saved } = await open({
      source: sourceWith({ identify, compare: async () => "same" }),
    });
    expect(noted).toEqual([undefined, 1]);
    expect(saved().input).toBe(2);
    settle(1);
    await checkpoint.close(true);
    expect(noted).toEqual([undefined, 1, 2]);
    expect(saved()).toMatchObject({ input: 3, position: 1 });
  });

  it.each([
    ["same", true, { from: 1, nothingLeft: true }],
    ["same", false, { from: 1, nothingLeft: false }],
    ["grown", true, { from: 1, nothingLeft: false }],
  ] as const)("may be the %s after a run that was complete: %j", async (change, complete, expected) => {
    const first = await open();
    first.settle(1);
    await first.checkpoint.close(complete);
    const source = sourceWith({ identify: async () => "input", compare: async () => change });
    const { checkpoint, saved } = await open({ source });
    expect(checkpoint).toMatchObject(expected);
    expect(saved()).toMatchObject({ complete: expected.nothingLeft, position: 1 });
    await checkpoint.close(false);
  });

  it("may be another if nothing of the first is settled, and is then read from its beginning", async () => {
    await (await open()).checkpoint.close(true);
    const source = sourceWith({ identify: async () => "input", compare: async () => "different" });
    const { checkpoint } = await open({ source });
    expect(checkpoint).toMatchObject({ from: undefined, nothingLeft: false });
    expect(checkpoint.greeting).toMatch(/^nothing from posts was delivered yet \(checkpoint .*\)$/);
    await checkpoint.close(false);
  });

  it("may not be another otherwise", async () => {
    const first = await open();
    first.settle(0);
    await first.checkpoint.close(true);
    const source = sourceWith({ identify: async () => "input", compare: async () => "different" });
    await expect(open({ source })).rejects.toThrow(
      /^the checkpoint .* was made with another posts; delete it to start at the beginning, or name another with --checkpoint$/,
    );
    await (await open()).checkpoint.close(false);
  });
});

describe("a checkpoint's stream", () => {
  const streamIdentity = { arn: "arn", createdAt: "2026-01-01T00:00:00.000Z" };
  const known = { streamArn: streamIdentity.arn, streamCreatedAt: streamIdentity.createdAt };

  it("is remembered, even by a run that may not ask for it, and is a doubt then", async () => {
    const first = await open({ streamIdentity });
    expect(first.saved()).toMatchObject(known);
    expect(first.warnings).toEqual([]);
    await first.checkpoint.close(false);

    const second = await open();
    expect(second.warnings).toEqual([expect.stringContaining("that is not certain")]);
    await second.checkpoint.close(false);
    expect(second.saved()).toMatchObject(known);

    const other = { ...streamIdentity, arn: "another" };
    await expect(open({ streamIdentity: other })).rejects.toThrow(
      "with the ARN arn, but this run is for another",
    );
  });

  it("is not in the file as long as it is not known", async () => {
    const { checkpoint, saved } = await open();
    expect(Object.keys(saved())).toEqual(["source", "stream", "complete", "savedAt"]);
    await checkpoint.close(false);
  });
});

describe("a checkpoint in use", () => {
  it("is free again once it is closed, or could not be opened", async () => {
    const { checkpoint } = await open();
    await expect(open()).rejects.toThrow(/^the checkpoint .* is in use by another run/);
    await checkpoint.close(false);
    await expect(open({ sourceName: "another" })).rejects.toThrow("belongs to --source file");
    await (await open()).checkpoint.close(false);
    expect(readdirSync(directory.path)).toEqual(["checkpoint.json"]);
  });

  it("passes on the error of the rejects file as it is", async () => {
    const onSave = async () => {
      throw new CommandError("the rejects file is full");
    };
    await expect(open({ onSave })).rejects.toThrow(/^the rejects file is full$/);
  });
});

describe("room beyond a checkpoint", () => {
  it("is for 100,000 items, until the first is settled or the wait is ended", async () => {
    const { checkpoint } = await open();
    const never = new AbortController().signal;
    const first = checkpoint.add(1);
    for (let position = 2; position < 100_000; position++) checkpoint.add(position);
    await checkpoint.room(never);
    checkpoint.add(100_000);
    await checkpoint.room(AbortSignal.abort());
    let hasRoom = false;
    const waiting = checkpoint.room(never).then(() => {
      hasRoom = true;
    });
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    checkpoint.settle(first);
    await waiting;
    await checkpoint.close(false);
  });
});
