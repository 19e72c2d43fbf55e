import { recordBytes, type StreamRecord } from "./stream-record";

/** A record, and when the writer took it, in epoch milliseconds. */
export interface Entry<R> {
  readonly record: R;
  readonly since: number;
}

/** The records of one PutRecords call. */
export class RecordBatch<R extends StreamRecord> {
  readonly entries: Entry<R>[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  get isFull(): boolean {
    return this.entries.length >= MAX_RECORDS || this.#bytes >= MAX_BYTES;
  }

  /** Whether the record fits; an empty batch takes any record. */
  hasRoomFor(record: R): boolean {
    return this.isEmpty || (!this.isFull && this.#bytes + recordBytes(record) <= MAX_BYTES);
  }

  /** @param since when the writer took the record, in epoch milliseconds */
  add(record: R, since: number): void {
    this.entries.push({ record, since });
    this.#bytes += recordBytes(record);
  }
}

/**
 * What a PutRecords call may carry. Every stream takes this much; newer ones take calls of 10 MiB.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
const MAX_RECORDS = 500;
const MAX_BYTES = 5 * 1024 * 1024;
