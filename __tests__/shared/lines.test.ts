import { describe, expect, it } from "@jest/globals";
import { splitLines } from "../../shared/lines";

/** Splits chunks and reads every line, long ones as their pieces joined. */
async function split(chunks: readonly (string | Buffer)[], maxBytes = 100) {
  const lines: { number: number; text: string; long: boolean }[] = [];
  for await (const line of splitLines(arriving(chunks), maxBytes)) {
    const long = "pieces" in line;
    const pieces: Uint8Array[] = [];
    if (long) for await (const piece of line.pieces) pieces.push(piece);
    else pieces.push(line.bytes);
    lines.push({ number: line.number, text: Buffer.concat(pieces).toString("latin1"), long });
  }
  return lines;
}

async function* arriving(chunks: readonly (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

describe("splitLines", () => {
  it("finds the same lines wherever the chunks are cut", async () => {
    const input = Buffer.from("one\n\nthree ✓\r\nlast");
    const expected = [
      { number: 1, text: "one", long: false },
      { number: 2, text: "", long: false },
      { number: 3, text: Buffer.from("three ✓\r").toString("latin1"), long: false },
      { number: 4, text: "last", long: false },
    ];
    for (let cut = 0; cut <= input.length; cut++)
      expect(await split([input.subarray(0, cut), input.subarray(cut)])).toEqual(expected);
    expect(await split([...input].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it("finds no line after a final line feed, nor in empty input", async () => {
    expect((await split(["one\n"])).map(({ text }) => text)).toEqual(["one"]);
    expect(await split([])).toEqual([]);
    expect(await split([""])).toEqual([]);
  });

  it("leaves bytes that are not UTF-8 as they are", async () => {
    expect(await split([Buffer.from([0xff, 0xfe, 0x0a, 0x80])])).toEqual([
      { number: 1, text: "\xff\xfe", long: false },
      { number: 2, text: "\x80", long: false },
    ]);
  });

  it("releases its input when its reader stops", async () => {
    let released = false;
    async function* input() {
      try {
        yield Buffer.from("one\ntwo\n");
      } finally {
        released = true;
      }
    }
    for await (const _ of splitLines(input(), 10)) break;
    expect(released).toBe(true);
  });

  it("hands out every line whole without a limit", async () => {
    const lines: number[] = [];
    for await (const { bytes } of splitLines(arriving(["x".repeat(1_000_000), "x\ny"])))
      lines.push(bytes.length);
    expect(lines).toEqual([1_000_001, 1]);
  });
});

describe("splitLines, of a line over the limit,", () => {
  it("hands out pieces", async () => {
    expect(await split(["0123456789", "abcdef\nnext"], 10)).toEqual([
      { number: 1, text: "0123456789abcdef", long: true },
      { number: 2, text: "next", long: false },
    ]);
    expect(await split(["0123456789\n01234567890\n0"], 10)).toEqual([
      { number: 1, text: "0123456789", long: false },
      { number: 2, text: "01234567890", long: true },
      { number: 3, text: "0", long: false },
    ]);
    expect(await split(["01234567890"], 10)).toEqual([{ number: 1, text: "01234567890", long: true }]);
  });

  it("continues with the next line if the long one is not read", async () => {
    const numbers: number[] = [];
    for await (const line of splitLines(arriving(["0123", "4567", "89\nnext"]), 5)) numbers.push(line.number);
    expect(numbers).toEqual([1, 2]);
  });

  it("reads piece by piece, never ahead of its reader, even without end", async () => {
    let read = 0;
    async function* endless() {
      for (;;) {
        read++;
        yield Buffer.alloc(1000, "x");
      }
    }
    for await (const line of splitLines(endless(), 1500)) {
      if (!("pieces" in line)) throw new Error("a line without end is not long");
      let pieces = 0;
      for await (const _ of line.pieces) {
        pieces++;
        expect(read).toBeLessThanOrEqual(Math.max(2, pieces));
        if (pieces === 1000) break;
      }
      break;
    }
    expect(read).toBe(1000);
  });
});
