import { readFile, stat } from "node:fs/promises";
import { recordId } from "./stack-contents";

/**
 * Reads the producer's receipts: a line for each record that Kinesis acknowledged, with its shard and sequence number.
 * @returns the records' ids, see `recordId`
 * @throws when a line is anything else
 */
export async function readReceipts(file: string): Promise<Set<string>> {
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  return new Set(
    lines.map((line, index) => {
      const [, shardId, sequenceNumber] = /^(\S+) (\d+)$/.exec(line) ?? [];
      if (shardId === undefined || sequenceNumber === undefined)
        throw new Error(`line ${index + 1} of the receipts is not a shard and a sequence number`);
      return recordId(shardId, sequenceNumber);
    }),
  );
}

/** How many receipts a file has so far: estimated from its size, so that it can be asked for often. 0 without a file. */
export async function receiptsSoFar(file: string): Promise<number> {
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  return Math.floor(size / RECEIPT_BYTES);
}

/** The length of a line: a shard's id, a space, a sequence number of 56 digits and a line feed. */
const RECEIPT_BYTES = "shardId-000000000000".length + 56 + 2;
