import { closeSync, openSync, writeFileSync } from "node:fs";
import type { ShardPosition } from "../../kinesis-writer/stream-record";
import { CommandError, messageOf } from "../../shared/errors";

/**
 * A file with one line for every record that Kinesis acknowledged, `<shard> <sequence number>`, to check that none was
 * lost. A line is written before the acknowledgement is used for anything else: even if the process is killed, the file
 * holds everything that it counted as acknowledged.
 */
export class Receipts {
  readonly #path: string;
  readonly #file: number;

  /**
   * Creates the file, or empties one that exists.
   * @throws CommandError if the file cannot be written
   */
  constructor(path: string) {
    this.#path = path;
    this.#file = this.#attempt(() => openSync(path, "w"));
  }

  /** @throws CommandError if the file cannot be written */
  add(positions: readonly ShardPosition[]): void {
    const lines = positions.map(({ shardId, sequenceNumber }) => `${shardId} ${sequenceNumber}\n`);
    this.#attempt(() => writeFileSync(this.#file, lines.join("")));
  }

  /** @throws CommandError if the file cannot be written */
  async close(): Promise<void> {
    this.#attempt(() => closeSync(this.#file));
  }

  #attempt<T>(access: () => T): T {
    try {
      return access();
    } catch (error) {
      throw new CommandError(
        `the receipts file ${this.#path} cannot be written (${messageOf(error)}); name another with --receipts`,
      );
    }
  }
}
