import { openSync, writeSync } from "node:fs";
import type { ShardPosition } from "../../kinesis-writer/stream-record";
import { CommandError, messageOf } from "../../shared/errors";

/**
 * A file with one line for every record that Kinesis acknowledged, `<shard> <sequence number>`, to check that none was
 * lost. A line is written before the acknowledgement is used for anything else: even if the process is killed, the file
 * holds everything that it counted as acknowledged.
 */
export class Receipts {
  readonly #file: number;

  /**
   * Creates the file, or empties one that exists.
   * @throws CommandError if the file cannot be written
   */
  constructor(path: string) {
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      throw new CommandError(
        `the receipts file ${path} cannot be written (${messageOf(error)}); name another with --receipts`,
      );
    }
  }

  add(positions: readonly ShardPosition[]): void {
    writeSync(
      this.#file,
      positions.map(({ shardId, sequenceNumber }) => `${shardId} ${sequenceNumber}\n`).join(""),
    );
  }
}
