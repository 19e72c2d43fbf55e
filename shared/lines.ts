/** A line of the input, without its line feed. */
export interface Line {
  /** Counted from 1. */
  number: number;
  bytes: Uint8Array;
  /** Whether a line feed ends it. A last line without one may be a line that is still being written. */
  terminated: boolean;
}

/** Bytes that arrive piece by piece; to be read before the next line or item is requested. */
export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A line that is longer than the limit, and so is not held in memory. */
export interface LongLine {
  number: number;
  /** The line's bytes as they arrive. */
  pieces: Pieces;
}

/**
 * Splits bytes at line feeds. It works on bytes, so that input that is not text survives unchanged, and it holds at
 * most one line and one chunk: a line over the limit is yielded in pieces.
 * @param maxBytes the longest line that is yielded whole; defaults to no limit
 */
export function splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line>;
export function splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Line | LongLine>;
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes = Number.POSITIVE_INFINITY,
): AsyncGenerator<Line | LongLine> {
  const input = new Input(chunks);
  try {
    for (let number = 1; await input.fill(); number++) {
      const start = await input.takeStartOfLine(maxBytes);
      if (start.bytes <= maxBytes) {
        yield { number, bytes: joined(start.pieces), terminated: input.lineEnded };
      } else {
        yield { number, pieces: withRestOfLine(start.pieces, input) };
        while (await input.inLine()) input.take();
      }
    }
  } finally {
    await input.close();
  }
}

const LINE_FEED = 0x0a;

/** A single piece is not copied: when the input is in memory already, it need not be held twice. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  return first && pieces.length === 1 ? first : Buffer.concat(pieces);
}

async function* withRestOfLine(start: Uint8Array[], input: Input): AsyncGenerator<Uint8Array> {
  yield* start;
  while (await input.inLine()) yield input.take();
}

/** The bytes that have arrived, and how far they have been taken. */
class Input {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();
  #lineEnded = true;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#iterator = chunks[Symbol.asyncIterator]();
  }

  /** Waits until there is something to take; false at the end of the input. */
  async fill(): Promise<boolean> {
    while (this.#chunk.byteLength === 0) {
      const next = await this.#iterator.next();
      if (next.done) return false;
      this.#chunk = next.value;
    }
    return true;
  }

  /** Whether the line feed of the current line has been taken. */
  get lineEnded(): boolean {
    return this.#lineEnded;
  }

  /** Whether more of the current line can be taken. */
  async inLine(): Promise<boolean> {
    return !this.#lineEnded && (await this.fill());
  }

  /** Takes what the chunk holds of the current line, and the line feed behind it. */
  take(): Uint8Array {
    const end = this.#chunk.indexOf(LINE_FEED);
    this.#lineEnded = end !== -1;
    const piece = this.#lineEnded ? this.#chunk.subarray(0, end) : this.#chunk;
    this.#chunk = this.#lineEnded ? this.#chunk.subarray(end + 1) : new Uint8Array();
    return piece;
  }

  /** Takes a line, or just enough of it to show that it is over the limit. */
  async takeStartOfLine(maxBytes: number): Promise<{ pieces: Uint8Array[]; bytes: number }> {
    const pieces = [this.take()];
    let bytes = pieces[0]?.byteLength ?? 0;
    while (bytes <= maxBytes && (await this.inLine())) {
      const piece = this.take();
      pieces.push(piece);
      bytes += piece.byteLength;
    }
    return { pieces, bytes };
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}
