/**
 * How far a shard is through: the last sequence number before which everything is handled. Records may be handled
 * out of order, by concurrent batches; the checkpoint waits for the slowest, and only ever moves forward.
 */
export class Checkpoint {
  private readonly open: string[] = [];
  private readonly handledAhead = new Set<string>();

  /** @param position the sequence number to go on after, undefined at the start of the shard */
  constructor(public position: string | undefined) {}

  /** How many records were read but are not through. */
  get outstanding(): number {
    return this.open.length;
  }

  /** Takes note of records that were read, in the shard's order. */
  read(sequenceNumbers: readonly string[]): void {
    this.open.push(...sequenceNumbers);
  }

  /** Takes note of records that are through. */
  handled(sequenceNumbers: readonly string[]): void {
    for (const sequenceNumber of sequenceNumbers) this.handledAhead.add(sequenceNumber);

    let through = 0;
    for (const sequenceNumber of this.open) {
      if (!this.handledAhead.delete(sequenceNumber)) break;
      this.position = sequenceNumber;
      through += 1;
    }
    this.open.splice(0, through);
  }
}
