import { describe, expect, it } from "@jest/globals";
import { ProblemLog } from "../../../local/commands/problem-log";
import { VirtualClock } from "../../support/virtual-clock";

function startLog() {
  const clock = new VirtualClock(0);
  const printed: string[] = [];
  return { clock, printed, log: new ProblemLog((message) => printed.push(message), clock) };
}

describe("a problem", () => {
  it("is printed at once, and again only after ten seconds", async () => {
    const { clock, printed, log } = startLog();
    log.add("a");
    log.add("b");
    await clock.advance(9_999);
    log.add("a");
    expect(printed).toEqual(["a", "b"]);
    await clock.advance(1);
    log.add("a");
    log.add("a");
    expect(printed).toEqual(["a", "b", "a"]);
  });

  it("is kept once, with the latest first", async () => {
    const { clock, log } = startLog();
    log.add("a");
    await clock.advance(1_000);
    log.add("b");
    log.add("a");
    expect(log.since(0)).toEqual(["a", "b"]);
  });

  it("is found by the time at which it last occurred", async () => {
    const { clock, log } = startLog();
    log.add("a");
    log.add("b");
    await clock.advance(1_000);
    log.add("a");
    expect(log.since(1)).toEqual(["a"]);
    expect(log.since(1_000)).toEqual(["a"]);
    expect(log.since(1_001)).toEqual([]);
  });

  it("is forgotten when twenty others have followed", () => {
    const { log } = startLog();
    for (let number = 0; number <= 20; number += 1) log.add(String(number));
    expect(log.since(0)).toEqual(Array.from({ length: 20 }, (_, index) => String(20 - index)));
  });
});
