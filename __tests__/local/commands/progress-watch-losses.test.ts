import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { ProblemLog } from "../../../local/commands/problem-log";
import { type WatchedPipeline, watchProgress } from "../../../local/commands/progress-watch";
import { ExitCode } from "../../../shared/errors";
import { VirtualClock } from "../../support/virtual-clock";

/** Watches a pipeline that handles nothing; a test changes what it does. */
function watch(options: Partial<WatchedPipeline> = {}) {
  const clock = new VirtualClock(0);
  const problems = new ProblemLog(() => undefined, clock);
  const state = { handled: 0, isWaiting: true };
  const said: string[] = [];
  const end = new AbortController();
  let outcome: unknown = "watching";
  const pipeline = {
    handled: () => state.handled,
    isWaiting: async () => state.isWaiting,
    problems,
    restMs: 0,
    isUnderChaos: false,
    onSilence: (message: string) => said.push(message),
    clock,
    ...options,
  };
  void watchProgress(pipeline, end.signal).then(
    () => {
      outcome = "ended";
    },
    (error: unknown) => {
      outcome = error;
    },
  );
  return { clock, problems, state, said, end, outcome: () => outcome };
}

const NO_CAUSE = "no problem is known, and the function does not answer";

describe("a pipeline that makes no progress", () => {
  it("gives up after eight seconds if there is a problem, and names the latest three", async () => {
    const { clock, problems, outcome, said } = watch();
    for (const problem of ["a", "b", "c", "d"]) problems.add(problem);
    await clock.advance(7_999);
    expect(outcome()).toBe("watching");
    await clock.advance(1);
    expect(outcome()).toMatchObject({
      name: "CommandError",
      exitCode: ExitCode.noProgress,
      message: "no record was handled for 8 s although some are waiting: d; c; b",
    });
    expect(said).toEqual([]);
  });

  it("says so once after eight seconds if no problem is known, and gives up after sixty", async () => {
    const { clock, outcome, said } = watch();
    await clock.advance(59_999);
    expect(said).toEqual([`no record was handled for 8 s although some are waiting: ${NO_CAUSE}`]);
    expect(outcome()).toBe("watching");
    await clock.advance(1);
    expect(outcome()).toMatchObject({
      exitCode: ExitCode.noProgress,
      message: `no record was handled for 60 s although some are waiting: ${NO_CAUSE}`,
    });
  });

  it("says so under chaos, which explains its problems, and gives up only after sixty seconds", async () => {
    const { clock, problems, outcome, said } = watch({ isUnderChaos: true });
    problems.add("a");
    await clock.advance(59_999);
    expect(said).toEqual(["no record was handled for 8 s although some are waiting: a"]);
    expect(outcome()).toBe("watching");
    await clock.advance(1);
    expect(outcome()).toMatchObject({
      message: "no record was handled for 60 s although some are waiting: a",
    });
  });
});

describe("the time without progress", () => {
  it("may rest for the batch window as well", async () => {
    const { clock, problems, outcome } = watch({ restMs: 5_000 });
    problems.add("a");
    await clock.advance(12_999);
    expect(outcome()).toBe("watching");
    await clock.advance(1);
    expect(outcome()).toMatchObject({ exitCode: ExitCode.noProgress });

    const silent = watch({ restMs: 5_000 });
    await silent.clock.advance(64_999);
    expect(silent.outcome()).toBe("watching");
    await silent.clock.advance(1);
    expect(silent.outcome()).toMatchObject({ exitCode: ExitCode.noProgress });
  });

  it("begins to count again with each record that is handled", async () => {
    const { clock, problems, state, outcome } = watch();
    await clock.advance(7_000);
    problems.add("a");
    state.handled = 1;
    await clock.advance(8_000);
    expect(outcome()).toBe("watching");
    problems.add("b");
    await clock.advance(250);
    expect(outcome()).toMatchObject({
      message: "no record was handled for 8 s although some are waiting: b",
    });
  });

  it("says so again after progress", async () => {
    const { clock, state, said } = watch();
    await clock.advance(8_000);
    state.handled = 1;
    await clock.advance(8_250);
    expect(said).toHaveLength(2);
  });

  it("is none while no record waits", async () => {
    const { clock, problems, state, outcome, said } = watch();
    problems.add("a");
    state.isWaiting = false;
    await clock.advance(120_000);
    state.isWaiting = true;
    problems.add("a");
    await clock.advance(7_750);
    expect({ outcome: outcome(), said }).toEqual({ outcome: "watching", said: [] });
    await clock.advance(250);
    expect(outcome()).toMatchObject({ exitCode: ExitCode.noProgress });
  });

  it("counts a second at most of the time in which the machine was suspended", async () => {
    let nowMs = 0;
    let looks = 0;
    const suspended = {
      now: () => nowMs,
      sleep: async () => {
        nowMs += 3_600_000;
        looks += 1;
      },
    };
    const problems = new ProblemLog(() => undefined, suspended);
    problems.add("a");
    const { outcome } = watch({ problems, clock: suspended });
    await setImmediate();
    expect(outcome()).toMatchObject({ exitCode: ExitCode.noProgress });
    expect(looks).toBe(8);
  });
});

describe("the watch", () => {
  it("ends with its signal", async () => {
    const { clock, end, outcome } = watch();
    await clock.advance(1_000);
    end.abort();
    await clock.advance(0);
    expect(outcome()).toBe("ended");
  });

  it("ends with its signal even if it was about to give up", async () => {
    const { clock, problems, end, outcome } = watch();
    problems.add("a");
    await clock.advance(7_900);
    end.abort();
    await clock.advance(1_000);
    expect(outcome()).toBe("ended");
  });
});
