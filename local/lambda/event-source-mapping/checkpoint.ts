/** A record that was read. */
export interface ReadRecord {
  sequenceNumber: string;
  bytes: number;
}

/**
 * How far a shard is through: the last sequence number before which everything is handled. Records may be handled
 * out of order, by concurrent batches; the checkpoint waits for the slowest, and only ever moves forward.
 */
export class Checkpoint {
  /** What was read and is not behind the checkpoint yet, in the shard's order. */
  private readonly open: ReadRecord[] = [];
  private readonly handledAhead = new Set<string>();

  /** How many bytes of records were read but are not behind the checkpoint. */
  outstandingBytes = 0;

  /** @param position the sequence number to go on after, undefined at the start of the shard */
  constructor(public position: string | undefined) {}

  /** Takes note of records that were read, in the shard's order. */
  read(records: readonly ReadRecord[]): void {
    for (const record of records) {
      this.open.push(record);
      this.outstandingBytes += record.bytes;
    }
  }

  /**
   * Takes note of records that are through.
   * @returns whether the checkpoint moved
   */
  handled(sequenceNumbers: readonly string[]): boolean {
    for (const sequenceNumber of sequenceNumbers) this.handledAhead.add(sequenceNumber);

    let through = 0;
    for (const { sequenceNumber, bytes } of this.open) {
      if (!this.handledAhead.delete(sequenceNumber)) break;
      this.position = sequenceNumber;
      this.outstandingBytes -= bytes;
      through += 1;
    }
    this.open.splice(0, through);
    return through > 0;
  }
}
