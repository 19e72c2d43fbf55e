import { recordBytes, type StreamRecord } from "./stream-record";

/**
 * What a PutRecords call may carry: every stream takes this much; newer ones take calls of 10 MiB.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
const MAX_RECORDS = 500;
const MAX_BYTES = 5 * 1024 * 1024;

/** A record and when the writer took it, in milliseconds since the epoch. */
export interface Entry<R> {
  readonly record: R;
  readonly since: number;
}

/** Records that go out in one call. */
export class RecordBatch<R extends StreamRecord> {
  readonly entries: Entry<R>[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  get isFull(): boolean {
    return this.entries.length >= MAX_RECORDS || this.#bytes >= MAX_BYTES;
  }

  /** Whether the record fits in; an empty batch takes any. */
  hasRoomFor(record: R): boolean {
    return this.isEmpty || (!this.isFull && this.#bytes + recordBytes(record) <= MAX_BYTES);
  }

  add(record: R, now: number): void {
    this.entries.push({ record, since: now });
    this.#bytes += recordBytes(record);
  }
}
