import type { CallLimits } from "./call-limits";
import { recordBytes, type StreamRecord } from "./stream-record";

/** A record, and when the writer took it, in epoch milliseconds. */
export interface Entry<R> {
  readonly record: R;
  readonly since: number;
}

/** The records that no call carries yet, in the order in which they are to be sent. */
export class RecordQueue<R extends StreamRecord> {
  readonly #entries: Entry<R>[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Whether one call could carry no more. */
  fillsCall({ records, bytes }: CallLimits): boolean {
    return this.#entries.length >= records || this.#bytes >= bytes;
  }

  add(entry: Entry<R>): void {
    this.#entries.push(entry);
    this.#bytes += recordBytes(entry.record);
  }

  /** Puts entries that were taken back to the front. */
  putBack(entries: readonly Entry<R>[]): void {
    this.#entries.unshift(...entries);
    for (const { record } of entries) this.#bytes += recordBytes(record);
  }

  /** Takes what the next call carries: as much as it may, and at least one record. */
  takeCall({ records, bytes }: CallLimits): readonly Entry<R>[] {
    let count = 0;
    let size = 0;
    for (const { record } of this.#entries) {
      const more = recordBytes(record);
      if (count > 0 && (count >= records || size + more > bytes)) break;
      count++;
      size += more;
    }
    this.#bytes -= size;
    return this.#entries.splice(0, count);
  }
}
