import { once } from "node:events";
import { open } from "node:fs/promises";
import path from "node:path";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { type Clock, systemClock } from "../../shared/clock";
import { CommandError, messageOf } from "../../shared/errors";
import type { Pieces } from "../../shared/lines";

/**
 * Keeps what was rejected or is undelivered, one line each, byte for byte, so that it can be corrected and produced
 * again. The file is created with the first line; one that exists is appended to.
 */
export class RejectsFile {
  #stream: Promise<Writable> | undefined;
  /** The last write: lines are written one after the other, even if several callers write at the same time. */
  #last: Promise<void> = Promise.resolve();

  constructor(readonly path: string) {}

  /** Whether anything was written. */
  get isUsed(): boolean {
    return this.#stream !== undefined;
  }

  /**
   * Writes one line; resolves when there is room for the next.
   * @throws CommandError if the file cannot be written
   */
  write(pieces: Pieces): Promise<void> {
    const written = this.#last.then(() => this.#writeLine(pieces));
    this.#last = written.catch(() => {});
    return written;
  }

  /**
   * Waits until everything written so far is in the file, where it stays even if this process is killed.
   * @throws CommandError if the file cannot be written
   */
  async flush(): Promise<void> {
    await this.#last;
    if (!this.#stream) return;
    try {
      const stream = await this.#stream;
      // A write's callback is called after those of the writes before it.
      await new Promise<void>((resolve, reject) =>
        stream.write("", (error) => (error ? reject(error) : resolve())),
      );
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /**
   * Waits until everything is in the file, and closes it.
   * @throws CommandError if the file cannot be written
   */
  async close(): Promise<void> {
    if (!this.#stream) return;
    try {
      const stream = await this.#stream;
      await finished(stream.end());
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async #writeLine(pieces: Pieces): Promise<void> {
    this.#stream ??= this.#open();
    const stream = await this.#stream;
    try {
      for await (const piece of pieces) await this.#writePiece(stream, piece);
    } finally {
      // Even if the bytes broke off, so that the next line is a line of its own.
      await this.#writePiece(stream, Buffer.from("\n"));
    }
  }

  async #writePiece(stream: Writable, piece: Uint8Array): Promise<void> {
    try {
      if (stream.errored) throw stream.errored;
      if (!stream.write(piece)) await once(stream, "drain");
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async #open(): Promise<Writable> {
    try {
      const stream = (await open(this.path, "a")).createWriteStream();
      // The next write reports it; without a listener it would end the process.
      stream.on("error", () => {});
      return stream;
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): CommandError {
    return new CommandError(
      `the rejects file ${this.path} cannot be written (${messageOf(error)}); name another with --rejects`,
    );
  }
}

/**
 * The rejects file of a run that names none: in the current directory, named after the input and the time in UTC.
 * @param input a path, or - for standard input; undefined if the source has no file
 */
export function defaultRejectsPath(input: string | undefined, clock: Clock = systemClock): string {
  const name = input === undefined ? "produce" : input === "-" ? "stdin" : path.basename(input);
  const timestamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${name}.rejects-${timestamp}.ndjson`;
}
