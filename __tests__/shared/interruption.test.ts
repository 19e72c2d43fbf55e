import { EventEmitter } from "node:events";
import { describe, expect, it } from "@jest/globals";
import { systemClock } from "../../shared/clock";
import { listenForInterruption } from "../../shared/interruption";

/** Listens to a made-up process with a made-up clock. */
function listen() {
  const notes: string[] = [];
  let now = 1_000_000;
  const process = Object.assign(new EventEmitter(), {
    exit: (code: number) => notes.push(`exit ${code}`) as never,
  }) as unknown as NodeJS.Process;
  const interruption = listenForInterruption(() => notes.push("stop"), process, {
    now: () => now,
    sleep: systemClock.sleep,
  });
  const press = (signal: string, msLater: number) => {
    now += msLater;
    process.emit(signal as "SIGINT");
    const { stop, abort } = interruption;
    return { stop: stop.aborted, abort: abort.aborted, notes: [...notes] };
  };
  return press;
}

describe("listenForInterruption", () => {
  it("stops with the first Ctrl-C, aborts with the second and exits with the third", () => {
    const press = listen();
    expect(press("SIGINT", 0)).toEqual({ stop: true, abort: false, notes: ["stop"] });
    expect(press("SIGINT", 500)).toEqual({ stop: true, abort: true, notes: ["stop"] });
    expect(press("SIGINT", 500)).toEqual({ stop: true, abort: true, notes: ["stop", "exit 130"] });
  });

  it("takes the end of the terminal for a request to end", () => {
    const press = listen();
    expect(press("SIGHUP", 0)).toEqual({ stop: true, abort: false, notes: ["stop"] });
    expect(press("SIGTERM", 500)).toEqual({ stop: true, abort: true, notes: ["stop"] });
  });

  it("counts signals that follow each other closely as one press", () => {
    const press = listen();
    press("SIGINT", 0);
    expect(press("SIGINT", 20)).toMatchObject({ abort: false });
    expect(press("SIGTERM", 479)).toMatchObject({ abort: false });
    expect(press("SIGTERM", 1)).toMatchObject({ abort: true });
    expect(press("SIGINT", 30)).toMatchObject({ notes: ["stop"] });
  });

  it("notices the next press even if the clock was set back in between", () => {
    const press = listen();
    press("SIGINT", 0);
    expect(press("SIGINT", -3_600_000)).toMatchObject({ abort: true });
  });
});
