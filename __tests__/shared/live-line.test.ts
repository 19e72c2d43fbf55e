import type { WriteStream } from "node:tty";
import { describe, expect, it } from "@jest/globals";
import { LiveLine } from "../../shared/live-line";
import { CLEAR_LINE } from "../../shared/terminal";
import { VirtualClock } from "../support/virtual-clock";

function terminal(values: { isTTY: boolean; columns?: number }) {
  const written: string[] = [];
  const stream = { ...values, write: (text: string) => written.push(text) };
  return { written, stream: stream as unknown as WriteStream };
}

describe("a live line", () => {
  it("is drawn five times a second on a terminal, cut to its width, until it is closed", async () => {
    const { written, stream } = terminal({ isTTY: true, columns: 9 });
    const clock = new VirtualClock();
    let count = 0;
    const line = new LiveLine(stream, () => `line ${++count} and more`, clock);
    await clock.advance(400);
    line.close();
    await clock.advance(400);
    expect(written).toEqual([`${CLEAR_LINE}line 1 a`, `${CLEAR_LINE}line 2 a`, CLEAR_LINE]);
  });

  it("makes room for a message that stays", () => {
    const { written, stream } = terminal({ isTTY: true });
    const line = new LiveLine(stream, () => "", new VirtualClock());
    line.note("one");
    line.close();
    line.note("two");
    expect(written).toEqual([`${CLEAR_LINE}one\n`, CLEAR_LINE, "two\n"]);
  });

  it("prints nothing but messages where there is no terminal", async () => {
    const { written, stream } = terminal({ isTTY: false });
    const clock = new VirtualClock();
    const line = new LiveLine(stream, () => "unseen", clock);
    await clock.advance(1000);
    line.note("seen");
    line.close();
    expect(written).toEqual(["seen\n"]);
    expect(clock.slept).toEqual([]);
  });
});
